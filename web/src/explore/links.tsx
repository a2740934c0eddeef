import { Anchor, Group } from '@mantine/core';
import { Link } from 'wouter';
import { type Range, rangeParams } from './range.ts';

/** The ways to what a service sent in a window: its logs, its traces, and what makes it slow. */
export function ExploreLinks({ service, range }: { service: string; range: Range }) {
  const query = new URLSearchParams({ ...rangeParams(range), service });
  return (
    <Group gap="md" component="nav" aria-label={`What ${service} sent`}>
      <Anchor component={Link} href={`/explore/logs?${query}`} size="sm">
        Logs
      </Anchor>
      <Anchor component={Link} href={`/explore/traces?${query}`} size="sm">
        Traces
      </Anchor>
      <Anchor component={Link} href={`/explore/bottleneck?${query}`} size="sm">
        What is slow
      </Anchor>
    </Group>
  );
}
