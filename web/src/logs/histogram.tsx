import { Text } from '@mantine/core';
import type { OutputOf } from '../api.ts';
import { TimeChart } from '../chart/time-chart.tsx';
import { count } from '../figure.ts';
import { LEVEL_COLORS, LEVELS } from './log.ts';

/** How many lines there are over time, by level. */
export function Histogram({
  histogram: { stepMs, buckets },
  bounds,
  onZoom,
}: {
  histogram: OutputOf<'logs.histogram'>;
  bounds: { from: number; to: number };
  onZoom(from: number, to: number): void;
}) {
  const seen = LEVELS.filter(level => buckets.some(({ byLevel }) => (byLevel[level] ?? 0) > 0));
  const total = (level: string) => buckets.reduce((sum, { byLevel }) => sum + (byLevel[level] ?? 0), 0);
  const all = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  return (
    <>
      <TimeChart
        label={`${count(all)} lines: ${seen.map(level => `${count(total(level))} ${level}`).join(', ')}`}
        // The worst lie at the bottom, where a few of them are seen.
        series={seen.map(level => ({
          key: level,
          label: level,
          color: LEVEL_COLORS[level],
          shape: 'bar',
          // A bar stands about the middle of its bucket.
          points: buckets.map(({ at, byLevel }) => ({
            t: Date.parse(at) + stepMs / 2,
            v: byLevel[level] ?? 0,
          })),
        }))}
        height={140}
        format={count}
        from={bounds.from}
        to={bounds.to}
        onZoom={onZoom}
      />
      <Text size="xs" c="dimmed">
        {count(all)} {all === 1 ? 'line' : 'lines'}
        {seen.length > 0 && `: ${seen.map(level => `${count(total(level))} ${level}`).join(', ')}`}. Drag to
        look closer.
      </Text>
    </>
  );
}
