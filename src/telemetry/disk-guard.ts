import { Fault, instant, type Kernel } from '../kernel/index.ts';
import { sizeText } from './byte-size.ts';
import { type DiskConfig, type DiskDecision, type DiskPartition, decideOnDisk } from './disk.ts';
import { dropPartition, type Measured, measureDisk } from './disk-store.ts';
import type { Signal } from './otlp/decode.ts';
import type { Store } from './store.ts';

export interface DiskGuardOptions {
  store: Store;
  /** The embedded store's folder; without it the server's own disk counts. */
  folder: string | undefined;
  config: DiskConfig;
  /** Whether anything may be dropped here: not on a server that others may use too, unless it was configured. */
  mayShed: boolean;
  /** Told when samples were dropped: what memory holds of them is not true any more. */
  onDropped: (signals: ReadonlySet<Signal>) => void;
  /** For tests. */
  measure?: () => Promise<Measured>;
  drop?: (partition: DiskPartition) => Promise<void>;
}

/** What was given up, as an event `telemetry.shed` tells it. */
export interface Shed {
  signal: Signal;
  partitions: number;
  bytes: number;
  rows: number;
  /** The times of what is gone. */
  from: string;
  to: string;
  why: string;
}

const RETRY_AFTER_SECONDS = 60;
/** Bytes that were dropped count as free so long, while the engine deletes them or a backup holds them. */
const COMING_MS = 300_000;
/** A partition that the engine did not drop (one too large for its bounds) is not counted on for so long. */
const STUCK_MS = 600_000;
/** Of one turn: an engine that drops nothing at all is not asked for each. */
const MOST_FAILURES = 5;

/**
 * Keeps telemetry within its bounds on the disk: drops the oldest of what the configuration gives up first, and refuses
 * signals when that does not suffice. Whatever it does is an event, a log line and a metric.
 */
export class DiskGuard {
  readonly #kernel: Kernel;
  readonly #options: DiskGuardOptions;
  readonly #bytes;
  readonly #shed;
  #refused: ReadonlySet<Signal> = new Set();
  #last: { measured: Measured; decision: DiskDecision; at: number } | undefined;
  /** Partitions that could not be dropped, and until when they are left alone. */
  readonly #stuck = new Map<string, number>();
  #coming = { bytes: 0, freeBefore: 0, until: 0 };

  constructor(kernel: Kernel, options: DiskGuardOptions) {
    this.#kernel = kernel;
    this.#options = options;
    const { metrics } = kernel;
    this.#bytes = metrics.gauge('nines_store_bytes', 'What the telemetry store takes on its disk.', [
      'signal',
    ]);
    this.#shed = metrics.counter(
      'nines_store_shed_bytes_total',
      'Bytes of telemetry that were dropped before their time because the disk was getting full.',
      ['signal'],
    );
  }

  /** Whether it keeps to bounds here, rather than measure when asked. */
  get mayShed(): boolean {
    return this.#options.mayShed;
  }

  get config(): DiskConfig {
    return this.#options.config;
  }

  /** What was found at the last turn; undefined before the first. */
  get last() {
    return this.#last;
  }

  get refused(): ReadonlySet<Signal> {
    return this.#refused;
  }

  /** Throws `unavailable` when nothing of this signal may be taken now. */
  admit(signal: Signal): void {
    if (!this.#refused.has(signal)) return;
    throw new Fault(
      'unavailable',
      `No ${signal} are taken: ${this.#last?.decision.why ?? 'the disk is full'}.`,
      {
        hint: 'Make room on the disk, or shorten retention. nines telemetry storage shows what takes it.',
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      },
    );
  }

  async measure(): Promise<Measured> {
    const { store, folder, measure } = this.#options;
    return await (measure?.() ?? measureDisk(store, folder));
  }

  /** One turn: measures, and acts on it. `shed` is false in a replica that has not the lease. */
  async turn(now: number, shed: boolean): Promise<DiskDecision> {
    const { config, mayShed } = this.#options;
    const measured = await this.measure();
    const { state, partitions } = measured;
    for (const [key, until] of this.#stuck) if (now >= until) this.#stuck.delete(key);
    const droppable = partitions.filter(one => !this.#stuck.has(keyOf(one)));
    const decision = decideOnDisk(state, droppable, config, this.#stillComing(state.free, now));
    this.#last = { measured, decision, at: now };
    for (const signal of ['traces', 'logs', 'metrics'] as const)
      this.#bytes.set({ signal }, sumOf(partitions.filter(one => one.signal === signal)));
    if (shed && mayShed && decision.drop.length > 0) await this.#dropAll(decision, state.free, now);
    await this.#refuse(mayShed ? decision.refuse : [], decision.why);
    return decision;
  }

  #stillComing(free: number, now: number): number {
    const { bytes, freeBefore, until } = this.#coming;
    return now >= until ? 0 : Math.max(0, bytes - Math.max(0, free - freeBefore));
  }

  async #dropAll({ drop, why }: DiskDecision, free: number, now: number): Promise<void> {
    const { events, log } = this.#kernel;
    const { store, onDropped } = this.#options;
    const gone: DiskPartition[] = [];
    let failures = 0;
    for (const partition of drop)
      try {
        await (this.#options.drop ?? (one => dropPartition(store, one)))(partition);
        gone.push(partition);
        this.#shed.inc({ signal: partition.signal }, partition.bytes);
      } catch (error) {
        // The next turn does without it: it drops others, or refuses.
        this.#stuck.set(keyOf(partition), now + STUCK_MS);
        const { table, id, bytes } = partition;
        log.error({ error, table, partition: id, bytes }, 'a partition could not be dropped');
        failures += 1;
        if (failures >= MOST_FAILURES) break;
      }
    if (gone.length > 0) {
      this.#coming = { bytes: sumOf(gone), freeBefore: free, until: now + COMING_MS };
      onDropped(new Set(gone.map(one => one.signal)));
      for (const [signal, parts] of Map.groupBy(gone, one => one.signal)) {
        const shed: Shed = {
          signal,
          partitions: parts.length,
          bytes: sumOf(parts),
          rows: parts.reduce((sum, { rows }) => sum + rows, 0),
          from: instant(Math.min(...parts.map(one => one.oldest))),
          to: instant(Math.max(...parts.map(one => one.newest))),
          why,
        };
        log.warn(
          { ...shed },
          `the disk is getting full: the oldest ${signal} were dropped before their time`,
        );
        await events.emit('telemetry.shed', signal, shed);
      }
    }
  }

  async #refuse(signals: readonly Signal[], why: string): Promise<void> {
    const { events, log } = this.#kernel;
    const before = this.#refused;
    this.#refused = new Set(signals);
    const began = signals.filter(signal => !before.has(signal));
    const ended = [...before].filter(signal => !this.#refused.has(signal));
    if (began.length > 0) {
      log.error({ signals: began }, `the disk is full: ${began.join(', ')} are not taken any more (${why})`);
      await events.emit('telemetry.refusing', began.join(', '), { signals: began, why });
    }
    if (ended.length > 0) {
      log.info({ signals: ended }, `${ended.join(', ')} are taken again`);
      await events.emit('telemetry.accepting', ended.join(', '), { signals: ended });
    }
  }

  /** For `/readyz`: a full disk is told where health is asked. */
  check(): { ok: boolean; detail?: string } {
    const { decision } = this.#last ?? {};
    if (this.#refused.size > 0)
      return { ok: false, detail: `${[...this.#refused].join(', ')} are not taken: ${decision?.why ?? ''}` };
    if (decision === undefined || decision.short === 0) return { ok: true };
    return { ok: true, detail: `${decision.why}; ${sizeText(decision.short)} are being given up` };
  }
}

const keyOf = ({ table, id }: DiskPartition) => `${table}/${id}`;
const sumOf = (partitions: readonly { bytes: number }[]) =>
  partitions.reduce((sum, { bytes }) => sum + bytes, 0);
