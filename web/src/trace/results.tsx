import { Anchor, Group, Text } from '@mantine/core';
import { Link, useLocation } from 'wouter';
import { TimeChart } from '../chart/time-chart.tsx';
import { milliseconds } from '../figure.ts';
import { Icon } from '../icon.tsx';
import { Time } from '../time.tsx';
import styles from './results.module.css';
import type { Found } from './search.ts';

/** The traces that were found: over time by how long they took, and one by one. */
export function Results({
  traces,
  bounds,
  onZoom,
}: {
  traces: readonly Found[];
  bounds: { from: number; to: number };
  onZoom(from: number, to: number): void;
}) {
  const [, go] = useLocation();
  const longest = traces.reduce((most, { durationMs }) => Math.max(most, durationMs), 0);
  const failed = traces.filter(({ errors }) => errors > 0).length;
  return (
    <>
      <TimeChart
        label={`Duration of ${traces.length} traces, the longest ${milliseconds(longest)}, ${failed} with errors`}
        series={[]}
        height={170}
        format={milliseconds}
        from={bounds.from}
        to={bounds.to}
        max={longest}
        onZoom={onZoom}
        dots={traces.map(({ traceId, at, durationMs, errors }) => ({
          t: Date.parse(at),
          v: durationMs,
          label: traceId,
          color: errors > 0 ? 'red' : 'cyan',
          onOpen: () => go(`/traces/${traceId}`),
        }))}
      />
      <Text size="xs" c="dimmed" mb="sm">
        A circle is a trace, red with errors: click to open it. Drag to look closer.
      </Text>
      <ol className={styles.rows} aria-label="Traces">
        {traces.map(({ traceId, at, rootService, rootOperation, durationMs, spans, errors }) => (
          <li key={traceId} className={styles.row}>
            <div className={styles.name}>
              <Anchor
                component={Link}
                href={`/traces/${traceId}`}
                size="sm"
                style={{ overflowWrap: 'anywhere' }}
              >
                <Text span fw={600} size="sm">
                  {rootService}
                </Text>{' '}
                {rootOperation}
              </Anchor>
              <Group gap={6}>
                <Time at={at} size="xs" c="dimmed" />
                <Text size="xs" c="dimmed">
                  {spans} {spans === 1 ? 'span' : 'spans'}
                </Text>
                {errors > 0 && (
                  <Text
                    size="xs"
                    fw={600}
                    c="light-dark(var(--mantine-color-red-9), var(--mantine-color-red-4))"
                  >
                    <Icon name="alert" size={11} /> {errors} {errors === 1 ? 'error' : 'errors'}
                  </Text>
                )}
              </Group>
            </div>
            <div className={styles.track}>
              <div
                className={styles.bar}
                data-failed={errors > 0}
                style={{ width: `${(100 * durationMs) / Math.max(longest, 0.001)}%` }}
              />
            </div>
            <Text size="sm" ta="right" style={{ fontVariantNumeric: 'tabular-nums' }}>
              {milliseconds(durationMs)}
            </Text>
          </li>
        ))}
      </ol>
    </>
  );
}
