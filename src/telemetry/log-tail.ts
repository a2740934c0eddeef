import { Fault, instant } from '../kernel/index.ts';
import type { LogArrival } from './log-arrival.ts';
import type { Matchable } from './log-query/match.ts';
import { type LogRecord, logId } from './log-record.ts';
import { levelOf } from './log-severity.ts';

/** What a follower gets: a record, or how many were left out because there were too many. */
export type TailItem = { readonly log: LogRecord } | { readonly left: number };

/** Bounds of a follower: it is for people to read along, not for taking all data out. */
export const tailBounds = {
  /** Records that wait for a slow reader. */
  waiting: 1_000,
  /** Characters of those. */
  waitingCharacters: 1_000_000,
  /** Records a second. */
  perSecond: 500,
  /** Followers at a time. */
  followers: 100,
  /** Looks of a follower at a record in a second, all followers together; one at a long record counts for several. */
  lookedAt: 50_000,
  charactersPerLook: 1_000,
  bodyCharacters: 4_000,
  valueCharacters: 1_000,
  attributes: 64,
} as const;

/** Hands the records that arrive to those who follow them. */
export class LogTails {
  readonly #followers = new Set<Follower>();
  #second = 0;
  #looked = 0;

  /** Nothing need be prepared while nobody follows. */
  get followed(): boolean {
    return this.#followers.size > 0;
  }

  /** Gives the records that arrive from now on, until the signal ends it. Throws `overloaded` past the bound. */
  follow(accepts: (record: Matchable) => boolean, signal: AbortSignal): AsyncGenerator<TailItem> {
    if (this.#followers.size >= tailBounds.followers)
      throw new Fault('overloaded', `${tailBounds.followers} follow the logs already, which is the bound.`, {
        retryAfterSeconds: 10,
      });
    const follower = new Follower(accepts);
    // From this call on, also before the first item is asked for.
    this.#followers.add(follower);
    const ended = () => {
      this.#followers.delete(follower);
      follower.end();
    };
    if (signal.aborted) ended();
    else signal.addEventListener('abort', ended, { once: true });
    return follower.items(ended);
  }

  /** Tells of records that were stored. */
  publish(arrivals: readonly LogArrival[], nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#looked = 0;
    }
    for (const { record, nanos } of arrivals) {
      const cost = 1 + Math.floor(record.body.length / tailBounds.charactersPerLook);
      for (const follower of this.#followers) {
        this.#looked += cost;
        if (this.#looked > tailBounds.lookedAt) follower.leave(1);
        else follower.offer(record, nanos, second);
      }
    }
  }
}

class Follower {
  readonly #accepts: (record: Matchable) => boolean;
  #waiting: TailItem[] = [];
  #characters = 0;
  #left = 0;
  #second = 0;
  #inSecond = 0;
  #over = false;
  #wake: (() => void) | undefined;

  constructor(accepts: (record: Matchable) => boolean) {
    this.#accepts = accepts;
  }

  offer(record: Matchable, nanos: bigint, second: number): void {
    if (!this.#accepts(record)) return;
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    if (this.#inSecond > tailBounds.perSecond || this.#waiting.length >= tailBounds.waiting) {
      this.leave(1);
      return;
    }
    const log = tailRecord(record, nanos);
    const size = sizeOf(log);
    if (this.#characters + size > tailBounds.waitingCharacters && this.#waiting.length > 0) {
      this.leave(1);
      return;
    }
    this.#tellLeft();
    this.#characters += size;
    this.#waiting.push({ log });
    this.#wake?.();
  }

  leave(count: number): void {
    this.#left += count;
    this.#wake?.();
  }

  end(): void {
    this.#over = true;
    this.#wake?.();
  }

  async *items(ended: () => void): AsyncGenerator<TailItem> {
    try {
      for (;;) {
        const items = this.#waiting;
        this.#waiting = [];
        this.#characters = 0;
        yield* items;
        if (items.length > 0) continue;
        // What was left out is told where it would have stood, or as soon as there is nothing else to tell.
        this.#tellLeft();
        if (this.#waiting.length > 0) continue;
        if (this.#over) return;
        await new Promise<void>(resolve => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    } finally {
      ended();
    }
  }

  #tellLeft(): void {
    if (this.#left === 0) return;
    this.#waiting.push({ left: this.#left });
    this.#left = 0;
  }
}

function tailRecord(record: Matchable, nanos: bigint): LogRecord {
  const { service, severity, body, attributes, traceId, spanId, resource } = record;
  const instance = instanceOf(resource);
  return {
    id: logId({ nanos: nanos.toString(), hash: '', service }),
    at: instant(Number(nanos / 1_000_000n)),
    service,
    ...(instance === '' ? {} : { instance }),
    level: levelOf(severity),
    body: cut(body, tailBounds.bodyCharacters),
    attributes: Object.fromEntries(
      Object.entries(attributes)
        .slice(0, tailBounds.attributes)
        .map(([key, value]) => [
          cut(key, tailBounds.valueCharacters),
          cut(value, tailBounds.valueCharacters),
        ]),
    ),
    ...(traceId === '' ? {} : { traceId }),
    ...(spanId === '' ? {} : { spanId }),
  };
}

/** The beginning of a text, as a text of its own: `slice` alone would keep the whole of it in memory. */
function cut(text: string, most: number): string {
  return text.length <= most ? text : Buffer.from(text.slice(0, most)).toString();
}

function sizeOf({ body, attributes }: LogRecord): number {
  return Object.entries(attributes).reduce(
    (sum, [key, value]) => sum + key.length + value.length,
    body.length,
  );
}

/** As `instanceSql` reads it of a stored record. */
function instanceOf(resource: Readonly<Record<string, string>>): string {
  return resource['service.instance.id'] || resource['k8s.pod.name'] || resource['host.name'] || '';
}
