import type { Clock } from './clock.ts';
import type { Leases } from './lease.ts';
import type { Log } from './log.ts';

const STOP_GRACE_MS = 3_000;

/** What is done again and again while the process lives. */
export interface LoopOptions {
  name: string;
  /** Milliseconds from the start of one turn to the start of the next. A turn that takes longer delays the next. */
  everyMs: number;
  run: (now: number, signal: AbortSignal) => Promise<void>;
}

/** How long a replica that says nothing more keeps a loop. */
const leaseMs = (everyMs: number) => Math.max(everyMs * 3, 5_000);

/**
 * Work that repeats and keeps no state between turns, as evaluating rules. Over a shared database one replica at a time
 * holds the loop's lease; when it dies, another takes over within three turns.
 */
export class Loops {
  readonly #leases: Leases;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #abort = new AbortController();
  readonly #running: Promise<void>[] = [];
  readonly #lastTurn = new Map<string, { at: number; everyMs: number }>();

  constructor(leases: Leases, clock: Clock, log: Log) {
    this.#leases = leases;
    this.#clock = clock;
    this.#log = log;
  }

  start(options: LoopOptions): void {
    this.#lastTurn.set(options.name, { at: this.#clock.now(), everyMs: options.everyMs });
    this.#running.push(this.#turnForEver(options));
  }

  /** The loops of which this process has heard nothing for over ten turns (30 s at least): a reason not to be ready. */
  stalled(now: number): string[] {
    return [...this.#lastTurn]
      .filter(([, { at, everyMs }]) => now - at > Math.max(everyMs * 10, 30_000))
      .map(([name]) => name);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    // A turn that waits for something slow must not hold up the stop: it has been told, and its work is repeatable.
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise(resolve => {
      timer = setTimeout(resolve, STOP_GRACE_MS);
    });
    await Promise.race([Promise.allSettled(this.#running), late]);
    clearTimeout(timer);
    await this.#leases.releaseAll().catch(() => {});
  }

  async #turnForEver({ name, everyMs, run }: LoopOptions): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      const started = this.#clock.now();
      try {
        if (await this.#leases.claim(name, leaseMs(everyMs)))
          await this.#leases.renewing(name, leaseMs(everyMs), lost =>
            run(started, AbortSignal.any([signal, lost])),
          );
        this.#lastTurn.set(name, { at: this.#clock.now(), everyMs });
      } catch (error) {
        if (!signal.aborted)
          this.#log.error({ error, loop: name }, 'a turn of a loop failed; the next one comes as planned');
      }
      // A clock that was put back during a turn must not make the loop wait for as long as that.
      const rest = Math.min(Math.max(everyMs - (this.#clock.now() - started), 10), everyMs);
      await this.#clock.sleep(rest, signal).catch(() => {});
    }
  }
}
