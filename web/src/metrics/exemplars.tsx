import { Anchor, Group, Text } from '@mantine/core';
import { Link } from 'wouter';
import { short } from '../figure.ts';
import { Time } from '../time.tsx';
import type { Exemplar } from './prometheus.ts';

const SHOWN = 8;

/** Traces that stand behind what is drawn, those with the highest values first. */
export function Exemplars({ all }: { all: readonly Exemplar[] }) {
  const highest = all.toSorted((a, b) => b.value - a.value).slice(0, SHOWN);
  return (
    <Group gap="xs" component="ul" m={0} p={0} aria-label="Traces behind this" style={{ listStyle: 'none' }}>
      <Text component="li" size="xs" c="dimmed">
        Traces behind this, the highest first:
      </Text>
      {highest.map(({ traceId, value, at }) => (
        <li key={`${traceId}${at}${value}`}>
          <Anchor component={Link} href={`/traces/${traceId}`} size="xs">
            {short(value)} at <Time at={new Date(at).toISOString()} inherit />
          </Anchor>
        </li>
      ))}
    </Group>
  );
}
