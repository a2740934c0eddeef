import {
  type Duration,
  epochMs,
  formatDuration,
  type Instant,
  instant,
  milliseconds,
} from '../kernel/index.ts';
import type { RangeMetrics } from './coverage.ts';
import { countOf, type WindowCount } from './indicator.ts';
import type { Objective } from './objective.ts';

/** What was counted in steps of equal length, oldest first; undefined: no data. */
export interface History {
  /** Where the first step begins, epoch ms. */
  from: number;
  stepMs: number;
  steps: (WindowCount | undefined)[];
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Points of one question. */
const CHUNK = 720;

/** Reads an objective's counts over a stretch: by the minute up to a day, else by five minutes. */
export async function historyOf(
  metrics: RangeMetrics,
  objective: Objective,
  stretch: { from: Instant; to: Instant },
): Promise<History> {
  const length = epochMs(stretch.to) - epochMs(stretch.from);
  const slice = objective.sli.atLeast ?? 0;
  const fine = length <= DAY_MS ? MINUTE_MS : 5 * MINUTE_MS;
  const history = await read(metrics, objective, stretch, Math.max(fine, slice));
  // Counters that are scraped once a minute give nothing over one minute.
  return history.steps.some(step => step !== undefined) || fine > MINUTE_MS
    ? history
    : read(metrics, objective, stretch, Math.max(5 * MINUTE_MS, slice));
}

async function read(
  metrics: RangeMetrics,
  { sli }: Objective,
  stretch: { from: Instant; to: Instant },
  stepMs: number,
): Promise<History> {
  const to = Math.floor(epochMs(stretch.to) / stepMs) * stepMs;
  const from = Math.floor(epochMs(stretch.from) / stepMs) * stepMs;
  const count = Math.max(Math.round((to - from) / stepMs), 0);
  const steps = new Array<WindowCount | undefined>(count).fill(undefined);
  const window = formatDuration(stepMs);
  const step: Duration = milliseconds(stepMs);
  for (let first = 0; first < count; first += CHUNK) {
    const range = {
      from: instant(from + (first + 1) * stepMs),
      to: instant(from + Math.min(first + CHUNK, count) * stepMs),
      step,
    };
    const points = async (query: string) =>
      new Map((await metrics.range(query, range)).series.flatMap(one => [...one.points]));
    const parts = await points(sli.counted.expr(window));
    const totals = sli.counted.of === 'ratio' ? undefined : await points(sli.totalExpr(window));
    for (const [at, part] of parts) {
      const total = totals === undefined ? 1 : totals.get(at);
      const index = Math.round((at - from) / stepMs) - 1;
      if (total !== undefined && !Number.isNaN(part) && index >= 0 && index < count)
        steps[index] = countOf(sli, part, total);
    }
  }
  return { from, stepMs, steps };
}
