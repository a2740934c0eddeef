import { z } from 'zod';
import { DurationText, duration, Fault, milliseconds } from '../kernel/index.ts';
import type { Retention } from './schema.ts';

/** Metrics that are old are kept at a lower resolution. */
export const DownsamplingConfig = z.strictObject({
  after: DurationText.default('35d').describe('How old samples are when their resolution is lowered'),
  every: DurationText.default('2m').describe(
    'The interval of which the last sample stays, 30s to 1h. Over 4m graphs of old data have gaps, as PromQL looks back 5m',
  ),
});
export type DownsamplingConfig = z.infer<typeof DownsamplingConfig>;

export interface Downsampling {
  afterMs: number;
  everyMs: number;
}

const LEAST_EVERY = 30_000;
const MOST_EVERY = 3_600_000;
const LEAST_AFTER = 86_400_000;

/** Throws `invalid` for intervals that make no sense. */
export function downsamplingOf(config: DownsamplingConfig): Downsampling {
  const [afterMs, everyMs] = [duration(config.after), duration(config.every)];
  if (everyMs < LEAST_EVERY || everyMs > MOST_EVERY)
    throw new Fault('invalid', `Downsampling to one sample every ${config.every} is out of bounds.`, {
      field: 'telemetry.downsampling.every',
      hint: 'Give 30s to 1h.',
    });
  if (afterMs < LEAST_AFTER)
    throw new Fault('invalid', `Downsampling after ${config.after} is too early.`, {
      field: 'telemetry.downsampling.after',
      hint: 'Give 1d at least: what alerts and objectives ask of the last hours must be exact.',
    });
  return { afterMs, everyMs };
}

/** Samples were taken up to this long after the bound that ingest has for them: a partition is left alone as long. */
const MARGIN_MS = 3_600_000;
/** A series that was silent this long began anew: the lookback of PromQL. */
const GAP_MS = 300_000;

/** Which partitions have passed the bound. Their ids are the second of their beginning (UTC), `hours` their length. */
export function duePartitions(
  ids: readonly string[],
  done: ReadonlySet<string>,
  hours: number,
  { afterMs }: Downsampling,
  now: number,
): string[] {
  const end = now - afterMs - MARGIN_MS;
  return ids
    .filter(id => /^\d{9,10}$/.test(id) && !done.has(id) && Number(id) * 1000 + hours * 3_600_000 <= end)
    .sort((a, b) => Number(a) - Number(b));
}

/** The hours of a partition, from the table's partition key; undefined for a table that is not partitioned so. */
export function partitionHours(partitionKey: string): number | undefined {
  const hours = /toIntervalHour\((\d+)\)/.exec(partitionKey)?.[1];
  return hours === undefined ? undefined : Number(hours);
}

/** Where rewritten partitions are made before they take the place of the raw ones. */
export const spare = (table: 'nines_samples' | 'nines_histograms') => `${table}_spare` as const;

/**
 * Which series are read as gauges: a series of an unknown type is one unless its name says that it counts.
 */
const gauges = `(SELECT id FROM nines_series WHERE type = 'gauge' OR (type = 'unknown' AND NOT match(metric, '_(total|count|sum|bucket)$')))`;

/**
 * Copies a partition of samples at a lower resolution. Only samples that were there are kept, with their own times:
 *
 * - the last of each interval, of every series;
 * - of counters also the last before each reset and the first after it, so that no increase is lost (as Thanos does:
 *   https://thanos.io/tip/components/compact.md/#downsampling-resolution-and-retention), and of gauges also the least
 *   and the greatest of each interval;
 * - where a series begins, again after a gap too, so that what a short-lived one counted stays;
 * - every staleness marker.
 *
 * Of two samples of one time the one is kept that PromQL reads. Doing it again changes nothing.
 */
export function rewriteSamples(partition: string, everyMs: number): string {
  const interval = (point: string) => `intDiv(${point}.1, ${everyMs})`;
  return `
INSERT INTO ${spare('nines_samples')} (id, ts, value, kind)
WITH
  arraySort(p -> (p.1, -toInt8(p.3), p.2), groupArray((toUnixTimestamp64Milli(ts), value, kind))) AS sorted,
  arrayFilter((p, n) -> p.1 != n.1, sorted, arrayPushBack(arrayPopFront(sorted), ${end})) AS points,
  arrayFilter(
    (p, b, n) -> p.3 = 1 OR b.3 = 1 OR p.1 - b.1 > ${GAP_MS} OR n.3 = 1 OR ${interval('p')} != ${interval('n')} OR (NOT gauge AND (n.2 < p.2 OR (p.2 < b.2 AND b.2 != inf))),
    points, arrayPushFront(arrayPopBack(points), ${start}), arrayPushBack(arrayPopFront(points), ${end})
  ) AS kept,
  arraySort(p -> (${interval('p')}, p.2), arrayFilter(p -> p.3 = 0 AND NOT isNaN(p.2), points)) AS ranked,
  arrayFilter(
    (p, b, n) -> ${interval('p')} != ${interval('b')} OR ${interval('p')} != ${interval('n')},
    ranked, arrayPushFront(arrayPopBack(ranked), ${start}), arrayPushBack(arrayPopFront(ranked), ${end})
  ) AS extremes
SELECT id, fromUnixTimestamp64Milli(point.1), point.2, point.3 FROM (
  SELECT id, id IN ${gauges} AS gauge, arrayJoin(arrayDistinct(if(gauge, arrayConcat(kept, extremes), kept))) AS point
  FROM nines_samples WHERE _partition_id = '${idOf(partition)}' GROUP BY id
)
${bounds}`;
}

/** The same of native histograms: the last of each interval, those around a reset, and the first. */
export function rewriteHistograms(partition: string, everyMs: number): string {
  return `
INSERT INTO ${spare('nines_histograms')}
WITH
  arraySort(groupArray((toUnixTimestamp64Milli(ts), count, toUInt8(0)))) AS points,
  arrayFilter(
    (p, b, n) -> p.1 - b.1 > ${GAP_MS} OR intDiv(p.1, ${everyMs}) != intDiv(n.1, ${everyMs}) OR n.2 < p.2 OR p.2 < b.2,
    points, arrayPushFront(arrayPopBack(points), ${start}), arrayPushBack(arrayPopFront(points), ${end})
  ) AS kept
SELECT * FROM nines_histograms WHERE _partition_id = '${idOf(partition)}' AND (id, toUnixTimestamp64Milli(ts)) IN (
  SELECT id, arrayJoin(kept).1 FROM nines_histograms WHERE _partition_id = '${idOf(partition)}' GROUP BY id
)
${bounds}`;
}

/** Neighbours of the first and the last point: long before, and long after. */
const start = '(toInt64(-9000000000000000), inf, toUInt8(0))';
const end = '(toInt64(9000000000000000), inf, toUInt8(0))';
/** One thread over series in their order: memory for a few series at a time, whatever the size of the partition. */
const bounds =
  'SETTINGS optimize_aggregation_in_order = 1, max_threads = 1, max_memory_usage = 1073741824, max_partitions_per_insert_block = 0';

function idOf(partition: string): string {
  if (!/^\d{9,10}$/.test(partition)) throw new Error(`'${partition}' is no partition of samples`);
  return partition;
}

/** How old what is taken in may be: where metrics are rewritten nothing may be inserted, or it would be lost. */
export function takenIn(retention: Retention, downsampling: Downsampling | undefined): Retention {
  if (downsampling === undefined) return retention;
  const metrics = Math.min(retention.metrics ?? Number.POSITIVE_INFINITY, downsampling.afterMs);
  return { ...retention, metrics: milliseconds(metrics) };
}
