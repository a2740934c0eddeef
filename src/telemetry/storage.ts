import { z } from 'zod';
import { formatDuration, Instant, instant, type Kernel } from '../kernel/index.ts';
import { sizeText } from './byte-size.ts';
import { keepFreeOf } from './disk.ts';
import type { DiskGuard, Shed } from './disk-guard.ts';
import type { Retention } from './schema.ts';
import { table } from './text.ts';

const Signals = z.enum(['traces', 'logs', 'metrics']);

export const Storage = z.object({
  signals: z.array(
    z.object({
      signal: Signals,
      bytes: z.number(),
      rows: z.number(),
      /** Of the oldest partition; absent: nothing is kept of it. */
      oldest: Instant.optional(),
      newest: Instant.optional(),
      /** Absent: for ever. */
      retention: z.string().optional(),
      /** Nothing of it is taken at the moment. */
      refused: z.boolean(),
    }),
  ),
  /** Of the whole store, with what belongs to no signal. */
  bytes: z.number(),
  disk: z.object({
    freeBytes: z.number(),
    totalBytes: z.number(),
    keepFreeBytes: z.number(),
    atMost: z.string().optional(),
    /** Signals in the order in which they are given up. */
    order: z.array(Signals),
    /** What is missing to be within the bounds. */
    shortBytes: z.number(),
    why: z.string(),
  }),
  /** What was dropped before its time, the newest first. */
  shed: z.array(
    z.object({
      at: Instant,
      signal: Signals,
      partitions: z.number(),
      bytes: z.number(),
      rows: z.number(),
      from: Instant,
      to: Instant,
      why: z.string(),
    }),
  ),
});
export type Storage = z.infer<typeof Storage>;

const MOST_SHED = 20;

/** What telemetry takes on the disk now, measured anew, and what was given up of it. */
export async function storageOf(kernel: Kernel, guard: DiskGuard, retention: Retention): Promise<Storage> {
  const { state, partitions } = await guard.measure();
  const { config, refused, last } = guard;
  const shed = await kernel.events.latest('telemetry.shed', MOST_SHED);
  return {
    signals: config.order.map(signal => {
      const own = partitions.filter(one => one.signal === signal);
      const kept = retention[signal];
      return {
        signal,
        bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
        rows: own.reduce((sum, { rows }) => sum + rows, 0),
        refused: refused.has(signal),
        ...(own.length === 0
          ? {}
          : {
              oldest: instant(Math.min(...own.map(one => one.oldest))),
              newest: instant(Math.max(...own.map(one => one.newest))),
            }),
        ...(kept === undefined ? {} : { retention: formatDuration(kept) }),
      };
    }),
    bytes: state.used,
    disk: {
      freeBytes: state.free,
      totalBytes: state.total,
      keepFreeBytes: keepFreeOf(config, state.total),
      order: config.order,
      shortBytes: last?.decision.short ?? 0,
      why: last?.decision.why ?? '',
      ...(config.atMost === undefined ? {} : { atMost: config.atMost }),
    },
    shed: shed.map(({ at, data }) => ({ at, ...(data as Shed) })),
  };
}

export function storageText({ signals, bytes, disk, shed }: Storage): string {
  const minute = (at: string) => at.slice(0, 16).replace('T', ' ');
  return [
    table(
      ['signal', 'on disk', 'rows', 'since', 'kept', ''],
      signals.map(({ signal, bytes, rows, oldest, retention, refused }) => [
        signal,
        sizeText(bytes),
        rows.toLocaleString('en'),
        oldest === undefined ? '–' : minute(oldest),
        retention ?? 'for ever',
        refused ? 'NOT TAKEN' : '',
      ]),
    ),
    '',
    `${sizeText(bytes)} in all${disk.atMost === undefined ? '' : ` of at most ${disk.atMost}`}.`,
    `Of the disk ${sizeText(disk.freeBytes)} of ${sizeText(disk.totalBytes)} are free; ${sizeText(disk.keepFreeBytes)} should stay so.`,
    disk.shortBytes === 0
      ? `Within the bounds. If not, first go: ${disk.order.join(', ')}, the oldest of each.`
      : `Over the bounds by ${sizeText(disk.shortBytes)}: ${disk.why}.`,
    ...(shed.length === 0 ? ['Nothing was dropped before its time.'] : ['', 'Dropped before its time:']),
    ...shed.map(
      one =>
        `  ${minute(one.at)}  ${one.signal.padEnd(8)} ${sizeText(one.bytes).padStart(10)}  of ${minute(one.from)} to ${minute(one.to)}`,
    ),
  ].join('\n');
}
