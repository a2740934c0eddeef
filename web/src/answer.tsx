import { Alert, Code, Skeleton, Stack, Text } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ApiError, UNREACHABLE } from './api.ts';

/** What is said once for the whole page, and not again in each of its parts. */
const TOLD_ONCE: Record<string, string> = {
  [UNREACHABLE]: 'The server does not answer; this is shown once it does.',
  unauthenticated: 'This is shown once you are signed in.',
};

/**
 * Shows an answer once it is there. A failure keeps the last answer on the page and says that it is old. `height` is
 * kept free while the first answer is on its way, so that what is below does not jump.
 */
export function Answer<T>({
  query,
  height = 80,
  children,
}: {
  query: UseQueryResult<T>;
  height?: number;
  children: (answer: T) => ReactNode;
}) {
  const { data, error, dataUpdatedAt } = query;
  if (data === undefined && error === null) return <Skeleton height={height} aria-label="Loading" />;
  if (error === null) return children(data as T);
  const told = error instanceof ApiError ? TOLD_ONCE[error.code] : undefined;
  if (told !== undefined)
    return data === undefined ? (
      <Text size="sm" c="dimmed">
        {told}
      </Text>
    ) : (
      children(data)
    );
  return (
    <Stack gap="sm">
      <Failure error={error} {...(data === undefined ? {} : { since: dataUpdatedAt })} />
      {data !== undefined && children(data)}
    </Stack>
  );
}

/** A failure: what, and what to do next. `doing`: it was a command, and not a page that could not be loaded. */
export function Failure({ error, since, doing = false }: { error: Error; since?: number; doing?: boolean }) {
  const title = doing
    ? 'It was not done'
    : since === undefined
      ? 'This could not be loaded'
      : 'What follows may be old';
  return (
    <Alert color="orange" title={title} role="alert">
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
