import { Anchor, Group, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { OutputOf } from '../api.ts';
import { short } from '../figure.ts';
import { Time } from '../time.tsx';

type Exemplar = OutputOf<'telemetry.exemplars'>['exemplars'][number];

/** One that leads to a trace, and stands somewhere on a scale. */
export interface Sight {
  at: string;
  value: number;
  traceId: string;
}

const SHOWN = 8;

/** Each once, also where several queries read the same series. */
export function sightsOf(exemplars: readonly Exemplar[]): Sight[] {
  const once = new Map<string, Sight>();
  for (const { at, value, traceId } of exemplars)
    if (traceId !== undefined && typeof value === 'number')
      once.set(`${traceId}${at}${value}`, { at, value, traceId });
  return [...once.values()];
}

/** Traces that stand behind what is drawn, those with the highest values first. */
export function Exemplars({ sights }: { sights: readonly Sight[] }) {
  const highest = sights.toSorted((a, b) => b.value - a.value).slice(0, SHOWN);
  return (
    <Group gap="xs" component="ul" m={0} p={0} aria-label="Traces behind this" style={{ listStyle: 'none' }}>
      <Text component="li" size="xs" c="dimmed">
        Traces behind this, the highest first:
      </Text>
      {highest.map(({ traceId, value, at }) => (
        <li key={`${traceId}${at}${value}`}>
          <Anchor component={Link} href={`/traces/${traceId}`} size="xs">
            {short(value)} at <Time at={at} inherit />
          </Anchor>
        </li>
      ))}
    </Group>
  );
}
