import { epochMs, formatDuration, type Instant, instant, milliseconds } from '../kernel/index.ts';
import type { RangeMetrics } from './coverage.ts';
import type { Metrics } from './readings.ts';
import type { LatencySignal, LevelSignal } from './signals/signal.ts';
import { latencyQueries } from './slo-draft.ts';
import { eventsOver } from './window-query.ts';

const DAY_MS = 86_400_000;
const LOOK_BACK = formatDuration(30 * DAY_MS);
/** Of all requests, so many were as fast as the bound that is promised. */
const FAST_SHARE = 0.995;

/** A bound to promise, and what it was taken from. */
export interface PromisedBound<T> {
  bound: T;
  /** Undefined: nothing to go by, a place to begin. */
  because: string | undefined;
}

/** The smallest bound within which nearly all requests of 30 days were; the largest where none is. */
export async function latencyBound(
  metrics: Metrics,
  signal: LatencySignal,
  now: Instant,
): Promise<PromisedBound<string>> {
  const { bounds } = signal;
  const count = async (query: string) => {
    const { samples } = await metrics.instant(eventsOver({ text: query, counter: true })(LOOK_BACK), now);
    return samples[0]?.value;
  };
  const share = async (bound: string, total: number) =>
    ((await count(latencyQueries(signal, bound).good)) ?? 0) / total;
  const total = await count(latencyQueries(signal, bounds[0]!).total);
  if (total === undefined || !(total > 0))
    return { bound: bounds[Math.floor(bounds.length / 2)]!, because: undefined };
  let low = 0;
  let high = bounds.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((await share(bounds[middle]!, total)) >= FAST_SHARE) high = middle;
    else low = middle + 1;
  }
  const bound = bounds[low]!;
  const fast = Math.min(await share(bound, total), 1);
  const percent = Number((fast * 100).toFixed(2));
  return {
    bound,
    because:
      fast >= FAST_SHARE
        ? `${Number(bound)} is the least bound of the histogram within which at least 99.5 % were (${percent} %).`
        : `No bound of the histogram held 99.5 %; within ${Number(bound)}, its largest, were ${percent} %.`,
  };
}

/** A bound that the past kept in 99 of a hundred looks, with a quarter to spare. */
export async function levelBound(
  metrics: RangeMetrics,
  { expr, op, unit, kind }: LevelSignal,
  now: Instant,
): Promise<PromisedBound<number> | undefined> {
  const look = async (over: number, step: number) => {
    const { series } = await metrics.range(expr, {
      from: instant(epochMs(now) - over),
      to: now,
      step: milliseconds(step),
    });
    return series.flatMap(one => one.points.map(([, value]) => value)).filter(Number.isFinite);
  };
  let values = await look(30 * DAY_MS, 3_600_000);
  if (values.length < 48) values = await look(2 * DAY_MS, 300_000);
  values.sort((a, b) => a - b);
  if (op === 'gte') {
    const low = values[Math.floor(values.length * 0.01)];
    // Where at times nothing comes in a least rate cannot be promised.
    if (low === undefined || !(low > 0)) return undefined;
    return { bound: downTo(low * 0.75), because: `99 of a hundred looks were at least ${figure(low)}.` };
  }
  const high = values[Math.min(Math.floor(values.length * 0.99), values.length - 1)];
  if (high === undefined) return { bound: kind === 'freshness' ? 86_400 : 1000, because: undefined };
  const least = unit === 's' ? (kind === 'quantile' ? 0.001 : 60) : unit === 'ms' ? 1 : 100;
  const bound =
    unit === 's' && kind !== 'quantile'
      ? roundTime(Math.max(high * 1.25, least))
      : upTo(Math.max(high * 1.25, least));
  return {
    bound,
    because: `99 of a hundred looks were at most ${unit === 's' || unit === 'ms' ? `${figure(high)} ${unit}` : figure(high)}.`,
  };
}

const TIMES = [
  60, 120, 300, 600, 900, 1800, 2700, 3600, 5400, 7200, 10_800, 14_400, 21_600, 28_800, 43_200, 64_800,
  93_600, 108_000, 129_600, 172_800, 259_200, 604_800, 691_200,
] as const;

/** Times that people name: 15 minutes, an hour, 26 hours. */
function roundTime(seconds: number): number {
  return TIMES.find(time => time >= seconds) ?? Math.ceil(seconds / 86_400) * 86_400;
}

const STEPS = [1, 1.5, 2, 3, 4, 5, 7.5, 10] as const;

function upTo(value: number): number {
  const base = 10 ** Math.floor(Math.log10(value));
  return Number((STEPS.find(step => step * base >= value * 0.999_999)! * base).toPrecision(3));
}

function downTo(value: number): number {
  const base = 10 ** Math.floor(Math.log10(value));
  return Number((STEPS.findLast(step => step * base <= value * 1.000_001)! * base).toPrecision(3));
}

function figure(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 6 });
}
