import { z } from 'zod';
import { ByteSize, bytesOf, DiskShare, sizeText } from './byte-size.ts';
import type { Signal } from './otlp/decode.ts';

/** How much of the disk telemetry may take, and what goes first. */
export const DiskConfig = z.strictObject({
  atMost: ByteSize.optional().describe(
    'The most that telemetry may take on the disk, as 20GiB; absent: no bound but the free space',
  ),
  keepFree: DiskShare.optional().describe(
    'What stays free on the disk, as 5% or 2GiB; absent: 2GiB, and on a small disk 5% of it',
  ),
  order: z
    .array(z.enum(['traces', 'logs', 'metrics']))
    .length(3)
    .refine(order => new Set(order).size === 3, 'names each of traces, logs, metrics once')
    .default(['traces', 'logs', 'metrics'])
    .describe('What is given up first: the oldest of the first, then of the next'),
});
export type DiskConfig = z.infer<typeof DiskConfig>;

/** What was measured. All in bytes. */
export interface DiskState {
  /** What the store's data takes. */
  used: number;
  free: number;
  total: number;
}

/** A part of a table that can be dropped by itself. */
export interface DiskPartition {
  table: string;
  signal: Signal;
  /** As the engine names it. */
  id: string;
  bytes: number;
  rows: number;
  /** Times of what it holds, in epoch milliseconds. */
  oldest: number;
  newest: number;
}

export interface DiskDecision {
  /** What is missing to be within the bounds, in bytes; 0 when all is well. */
  short: number;
  /** What is to be dropped now, in this order. */
  drop: DiskPartition[];
  /** Signals of which nothing may be taken, as dropping does not suffice. */
  refuse: Signal[];
  /** Why, with the figures. */
  why: string;
}

const USUAL_KEEP_FREE = 2 * 1024 ** 3;
const USUAL_SHARE = 0.05;

/** What stays free of a disk, in bytes. */
export function keepFreeOf(config: DiskConfig, total: number): number {
  return config.keepFree === undefined
    ? Math.min(USUAL_KEEP_FREE, total * USUAL_SHARE)
    : bytesOf(config.keepFree, total);
}

/**
 * What is to go so that the store is within its bounds: signal by signal in the order of the configuration, of each the
 * oldest first, and never more than needed by one partition. The newest partition of a table stays, as it is being
 * written and holds what people look at now. When that does not suffice, signals are refused in the same order: the
 * first at once, the next when half of what should be free is gone or a tenth too much is taken, all below a quarter.
 *
 * `coming` bytes were dropped already and are not free yet.
 */
export function decideOnDisk(
  state: DiskState,
  partitions: readonly DiskPartition[],
  config: DiskConfig,
  coming = 0,
): DiskDecision {
  const keepFree = keepFreeOf(config, state.total);
  const atMost = config.atMost === undefined ? Number.POSITIVE_INFINITY : bytesOf(config.atMost);
  const over = Math.max(0, state.used - atMost);
  const under = Math.max(0, keepFree - state.free);
  const short = Math.max(over, under);
  const why =
    short === 0
      ? ''
      : over >= under
        ? `telemetry takes ${sizeText(state.used)} of at most ${sizeText(atMost)}`
        : `${sizeText(state.free)} are free on the disk, and ${sizeText(keepFree)} should be`;
  const still = Math.max(over, under - coming);
  if (still <= 0) return { short, drop: [], refuse: [], why };

  const newest = new Map<string, DiskPartition>();
  for (const partition of partitions) {
    const known = newest.get(partition.table);
    if (known === undefined || isNewer(partition, known)) newest.set(partition.table, partition);
  }
  const drop: DiskPartition[] = [];
  let freed = 0;
  for (const signal of config.order) {
    const old = partitions
      .filter(one => one.signal === signal && newest.get(one.table) !== one)
      .sort((a, b) => a.newest - b.newest || (a.id < b.id ? -1 : 1));
    for (const partition of old) {
      if (freed >= still) break;
      drop.push(partition);
      freed += partition.bytes;
    }
  }
  if (freed >= still) return { short, drop, refuse: [], why };
  const worse = state.free < keepFree / 2 || state.used > atMost * 1.1;
  const worst = state.free < keepFree / 4 || state.used > atMost * 1.25;
  return { short, drop, refuse: config.order.slice(0, worst ? 3 : worse ? 2 : 1), why };
}

function isNewer(a: DiskPartition, b: DiskPartition): boolean {
  return a.newest > b.newest || (a.newest === b.newest && a.id > b.id);
}
