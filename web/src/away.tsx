import { Alert, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { LiveState } from './live.ts';

/** A break as short as a restart of the browser's own stream is not worth a word. */
const AFTER_MS = 2_500;

/** Says for the whole page that the server is away, since when, and that nothing need be done. */
export function Away({ live }: { live: LiveState }) {
  const queries = useQueryClient();
  const [since, setSince] = useState<string>();
  useEffect(() => {
    if (live !== 'reconnecting') {
      setSince(undefined);
      return;
    }
    const at = new Date().toISOString();
    const timer = setTimeout(() => setSince(at), AFTER_MS);
    return () => clearTimeout(timer);
  }, [live]);
  if (since === undefined) return null;
  const read = queries
    .getQueryCache()
    .getAll()
    .some(({ state }) => state.data !== undefined);
  return (
    <Alert color="orange" title="The server does not answer" role="alert" mb="md">
      <Text size="sm">
        Since {since.slice(11, 19)} UTC.{' '}
        {read
          ? 'What you see is what was known then, and what you do is not taken.'
          : 'Nothing can be shown until it is back.'}{' '}
        It is tried again every few seconds; this page goes on by itself.
      </Text>
    </Alert>
  );
}
