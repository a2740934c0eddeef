import type { Labels, Series } from './promql/index.ts';
import { clipped, firstFrom } from './promql/range-series.ts';
import { outranks } from './same-time.ts';

/** How far a sender's clock may be ahead and how late samples may come without the held past being read again. */
const slackMs = 900_000;
const leastCapacity = 64;

/**
 * The newest samples of one series, ascending, in arrays with room at the end. Whoever was handed a view keeps it:
 * what is written after it lies behind its end, and whatever moves older samples makes new arrays.
 */
export class HeadSeries {
  /** Every stored sample from this time on is here. Infinity until the first reading is done. */
  from = Number.POSITIVE_INFINITY;
  /** How far back it has been asked, in ms. */
  reachMs = 0;
  /** The number of the question that asked last. */
  asked = 0;
  /** Readings that are under way: until they are done nothing is dropped. */
  pins = 0;
  #times = new Float64Array(0);
  #values = new Float64Array(0);
  #stale: Uint8Array | undefined;
  #size = 0;

  get capacity(): number {
    return this.#times.length;
  }

  add(at: number, value: number, stale: boolean): void {
    if (at < this.from && this.pins === 0) return;
    const size = this.#size;
    if (size > 0 && at <= this.#times[size - 1]!) {
      this.merge({
        timestamps: Float64Array.of(at),
        values: Float64Array.of(value),
        stale: Uint8Array.of(stale ? 1 : 0),
      });
      return;
    }
    if (size === this.capacity) this.#makeRoom(at);
    const next = this.#size;
    this.#times[next] = at;
    this.#values[next] = value;
    if (stale) this.#stale ??= new Uint8Array(this.capacity);
    if (this.#stale !== undefined) this.#stale[next] = stale ? 1 : 0;
    this.#size = next + 1;
  }

  /** Takes samples in among those held. With `fromMs` they are all that the store has from that time on. */
  merge(more: Pick<Series, 'timestamps' | 'values' | 'stale'> | undefined, fromMs = this.from): void {
    this.from = Math.min(this.from, fromMs);
    const count = more?.timestamps.length ?? 0;
    if (more === undefined || count === 0) return;
    const room = Math.max(leastCapacity, Math.ceil((this.#size + count) * 1.25));
    const times = new Float64Array(room);
    const values = new Float64Array(room);
    const stale = this.#stale !== undefined || more.stale?.includes(1) ? new Uint8Array(room) : undefined;
    let size = 0;
    const put = (at: number, value: number, marker: boolean) => {
      if (size > 0 && times[size - 1] === at) {
        if (!outranks(value, marker, values[size - 1]!, stale?.[size - 1] === 1)) return;
        size -= 1;
      }
      times[size] = at;
      values[size] = value;
      if (stale !== undefined) stale[size] = marker ? 1 : 0;
      size += 1;
    };
    let here = 0;
    let there = 0;
    while (here < this.#size || there < count) {
      const mine = here < this.#size && (there >= count || this.#times[here]! <= more.timestamps[there]!);
      if (mine) {
        put(this.#times[here]!, this.#values[here]!, this.#stale?.[here] === 1);
        here += 1;
      } else {
        put(more.timestamps[there]!, more.values[there]!, more.stale?.[there] === 1);
        there += 1;
      }
    }
    this.#times = times;
    this.#values = values;
    this.#stale = stale;
    this.#size = size;
  }

  view(labels: Labels, startMs: number, endMs: number): Series {
    const size = this.#size;
    const all: Series = {
      labels,
      timestamps: this.#times.subarray(0, size),
      values: this.#values.subarray(0, size),
      ...(this.#stale === undefined ? {} : { stale: this.#stale.subarray(0, size) }),
    };
    return clipped(all, startMs, endMs);
  }

  /** Drops what lies further back than has been asked, and makes the arrays larger when that is not much. */
  #makeRoom(newest: number): void {
    let drop = 0;
    if (this.pins === 0) {
      const cut = newest - this.reachMs - slackMs;
      drop = firstFrom(this.#times.subarray(0, this.#size), cut);
      if (drop > 0) this.from = Math.max(this.from, cut);
    }
    const size = this.#size - drop;
    const room = Math.max(leastCapacity, Math.ceil(size * 1.5));
    const grown = <A extends Float64Array | Uint8Array>(into: A, from: A): A => {
      into.set(from.subarray(drop, this.#size));
      return into;
    };
    this.#times = grown(new Float64Array(room), this.#times);
    this.#values = grown(new Float64Array(room), this.#values);
    if (this.#stale !== undefined) this.#stale = grown(new Uint8Array(room), this.#stale);
    this.#size = size;
  }
}
