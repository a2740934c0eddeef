import { Alert, Code, Loader, Stack, Text } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ApiError } from './api.ts';

/** Shows an answer once it is there. A failure keeps the last answer on the page and says that it is old. */
export function Answer<T>({
  query,
  children,
}: {
  query: UseQueryResult<T>;
  children: (answer: T) => ReactNode;
}) {
  const { data, error, dataUpdatedAt } = query;
  if (data === undefined && error === null) return <Loader size="sm" aria-label="Loading" />;
  return (
    <Stack gap="sm">
      {error !== null && <Failure error={error} {...(data === undefined ? {} : { since: dataUpdatedAt })} />}
      {data !== undefined && children(data)}
    </Stack>
  );
}

/** A failure: what, and what to do next. */
export function Failure({ error, since }: { error: Error; since?: number }) {
  return (
    <Alert
      color="orange"
      title={since === undefined ? 'This could not be loaded' : 'What follows may be old'}
    >
      <Text size="sm">{error.message}</Text>
      {error instanceof ApiError && error.hint !== undefined && (
        <Text size="sm" mt={4}>
          → {error.hint}
        </Text>
      )}
      {since !== undefined && (
        <Text size="xs" c="dimmed" mt={4}>
          Last answer: <Code>{new Date(since).toISOString().slice(11, 19)} UTC</Code>
        </Text>
      )}
    </Alert>
  );
}
