import {
  type Duration,
  epochMs,
  formatDuration,
  type Instant,
  instant,
  milliseconds,
} from '../kernel/index.ts';
import type { WindowQuery } from './window-query.ts';

/** What this room asks of a source of metrics over a stretch of time. */
export interface RangeMetrics {
  range(
    query: string,
    window: { from: Instant; to: Instant; step: Duration },
  ): Promise<{ series: readonly { points: readonly (readonly [number, number])[] }[] }>;
}

export interface Coverage {
  /** Share of the stretch with data, 0 to 1. */
  share: number;
  /** Where data begins; undefined when there is none. */
  since?: Instant;
}

const STEPS = 96;
const FINEST_MS = 15_000;

/**
 * How much of a stretch has data: it is cut into 96 steps, and a step counts when the indicator's total gives anything
 * for it. The oldest step with data is cut again, so that a system of five minutes has five minutes and not a step of
 * a month. At most three queries.
 */
export async function coverageOf(
  metrics: RangeMetrics,
  total: WindowQuery,
  from: Instant,
  to: Instant,
): Promise<Coverage> {
  const start = epochMs(from);
  const end = epochMs(to);
  const step = Math.max(Math.ceil((end - start) / STEPS / 1000) * 1000, FINEST_MS);
  // Steps end at `to`: each point stands for the step before it.
  const first = end - Math.floor((end - start - 1) / step) * step;
  const { series } = await metrics.range(total(formatDuration(step)), {
    from: instant(first),
    to,
    step: milliseconds(step),
  });
  const points = new Set(series.flatMap(one => one.points.map(([at]) => at)));
  if (points.size === 0) return { share: 0 };
  const oldest = Math.min(...points);
  const begin = Math.max(oldest - step, start);
  if (step <= FINEST_MS * 2)
    return { share: Math.min((points.size * step) / (end - start), 1), since: instant(begin) };
  const inner = await coverageOf(metrics, total, instant(begin), instant(oldest));
  const covered = (points.size - 1) * step + inner.share * (oldest - begin);
  return {
    share: Math.min(covered / (end - start), 1),
    since: inner.since ?? instant(begin),
  };
}
