import { Group, Text } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { type Moment, withGaps } from '../chart/series.ts';
import { TimeChart } from '../chart/time-chart.tsx';
import { milliseconds } from '../figure.ts';

/** How long the slowest hundredth of a service's requests took, from its traces. */
export function Latency({
  service,
  window,
  moments,
  everyMs,
}: {
  service: string;
  window: { from: string; to?: string };
  moments: readonly Moment[];
  everyMs: number | undefined;
}) {
  const services = useOperation('service.list', {});
  const name = services.data?.services.find(one => one.name === service)?.telemetryName ?? service;
  const asked = useOperation('traces.timeline', { service: name, ...window }, { everyMs });
  return (
    <Answer query={asked} height={110}>
      {({ buckets }) => {
        const last = buckets.at(-1);
        return (
          <div>
            <Group gap={6} justify="space-between" wrap="nowrap" align="baseline">
              <Text size="sm" fw={600} truncate>
                {service} p99
              </Text>
              <Text size="sm" fw={700} {...(last === undefined ? { c: 'dimmed' } : {})}>
                {last === undefined ? 'no traces' : milliseconds(last.p99Ms)}
              </Text>
            </Group>
            {last !== undefined && (
              <TimeChart
                label={`${service}: p99 latency`}
                color="indigo.5"
                height={92}
                points={withGaps(buckets.map(({ at, p99Ms }) => ({ t: Date.parse(at), v: p99Ms })))}
                format={milliseconds}
                from={Date.parse(window.from)}
                to={
                  window.to === undefined ? Math.max(Date.now(), Date.parse(last.at)) : Date.parse(window.to)
                }
                moments={moments}
              />
            )}
          </div>
        );
      }}
    </Answer>
  );
}
