import { Group, Text } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { type Moment, withGaps } from '../chart/series.ts';
import { TimeChart } from '../chart/time-chart.tsx';
import { percent } from '../figure.ts';
import { Icon } from '../icon.tsx';

const BAD_MEANS = {
  availability: 'of requests fail',
  latency: 'of requests are too slow',
  other: 'is bad',
} as const;

/** The share of bad requests of one objective over time, against what it allows. */
export function Indicator({
  id,
  window,
  moments,
  everyMs,
}: {
  id: string;
  window: { from: string; to?: string };
  moments: readonly Moment[];
  everyMs: number | undefined;
}) {
  const asked = useOperation('slo.indicator', { id, ...window, over: '30s' }, { everyMs });
  return (
    <Answer query={asked} height={130}>
      {({ displayName, kind, allowed, points }) => {
        const last = points.at(-1);
        const fresh =
          last !== undefined && (window.to !== undefined || Date.now() - Date.parse(last.at) < 60_000);
        const bad = last !== undefined && last.errorRatio > allowed;
        return (
          <div>
            <Group gap={6} justify="space-between" wrap="nowrap" align="baseline">
              <Text size="sm" fw={600} truncate>
                {displayName}
              </Text>
              <Group
                gap={4}
                wrap="nowrap"
                c={
                  bad
                    ? 'light-dark(var(--mantine-color-red-8), var(--mantine-color-red-4))'
                    : 'var(--mantine-color-text)'
                }
              >
                {!fresh ? (
                  <Text size="sm" c="dimmed">
                    no data now
                  </Text>
                ) : (
                  <>
                    <Icon name={bad ? 'alert' : 'check'} size={14} />
                    <Text size="sm" fw={700}>
                      {percent(last.errorRatio)}
                    </Text>
                  </>
                )}
              </Group>
            </Group>
            <Text size="xs" c="dimmed">
              {BAD_MEANS[kind]} {window.to === undefined ? 'now' : 'at the end'}; {percent(allowed)} is
              allowed (dashed)
            </Text>
            <TimeChart
              label={`${displayName}: share of bad`}
              color="red.6"
              points={withGaps(points.map(({ at, errorRatio }) => ({ t: Date.parse(at), v: errorRatio })))}
              format={percent}
              from={Date.parse(window.from)}
              to={
                window.to === undefined
                  ? Math.max(Date.now(), Date.parse(last?.at ?? window.from))
                  : Date.parse(window.to)
              }
              moments={moments}
              allowed={allowed}
            />
          </div>
        );
      }}
    </Answer>
  );
}
