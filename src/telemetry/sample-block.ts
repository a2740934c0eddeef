/** Samples of one series, ascending by time; `stale[i] === 1` marks staleness. */
export interface Samples {
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  readonly stale?: Uint8Array | undefined;
}

/** Most samples of a block. */
export const mostInBlock = 1024;

/** What a block costs beside its numbers: the object, its two arrays and their buffers, as measured. */
const blockBytes = 320;

type Ints = Uint8Array | Uint16Array | Uint32Array;

/**
 * A row of numbers by their differences: each number is the one before, and `least`, and a small difference. Without
 * differences all steps are equal.
 */
interface Steps {
  readonly first: number;
  readonly least: number;
  readonly more: Ints | undefined;
}

/** Powers of ten that make whole numbers of decimal ones. */
const scales = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
/** Whole numbers up to here, and sums of a few of them, are exact. */
const largest = 2 ** 51;

/**
 * Up to 1,024 samples of a series in little memory, to the last bit: times by their gaps (nothing at all where they are
 * even), values that are whole or have up to six decimals by their differences in 1, 2 or 4 bytes, others as floats of 4
 * or 8. Counters of scraped targets take 1 to 3 bytes a sample. Decimals are found as in ALP
 * (https://doi.org/10.1145/3626717), differences as in Gorilla (https://doi.org/10.14778/2824032.2824078), but in whole
 * bytes, which decode at about a nanosecond a sample.
 */
export class SampleBlock {
  readonly count: number;
  readonly first: number;
  readonly last: number;
  readonly stale: Uint8Array | undefined;
  readonly bytes: number;
  readonly #times: Steps | Float64Array;
  readonly #values: Steps | Float32Array | Float64Array;
  readonly #scale: number;

  /** Of samples [from, to), at least one. */
  constructor({ timestamps, values, stale }: Samples, from: number, to: number) {
    this.count = to - from;
    this.first = timestamps[from]!;
    this.last = timestamps[to - 1]!;
    this.#times = stepsOf(timestamps.subarray(from, to)) ?? timestamps.slice(from, to);
    let steps: Steps | undefined;
    let scale = 1;
    for (scale of scales) {
      if (!near(values[from]!, scale) || !near(values[to - 1]!, scale)) continue;
      const whole = scale === 1 ? values.subarray(from, to) : wholes(values.subarray(from, to), scale);
      steps = whole && stepsOf(whole);
      if (steps !== undefined) break;
    }
    this.#scale = scale;
    this.#values = steps ?? floats(values, from, to);
    this.stale = stale?.subarray(from, to).includes(1) ? stale.slice(from, to) : undefined;
    this.bytes = blockBytes + bytesOf(this.#times) + bytesOf(this.#values) + (this.stale?.byteLength ?? 0);
  }

  /** The index of the first sample that is not before `at`; `count` when all are. */
  indexFrom(at: number): number {
    if (at <= this.first) return 0;
    if (at > this.last) return this.count;
    const times = this.#times;
    if (times instanceof Float64Array) return times.findIndex(time => time >= at);
    const { first, least, more } = times;
    if (more === undefined) return Math.ceil((at - first) / least);
    let time = first;
    let index = 0;
    while (time < at) time += least + more[index++]!;
    return index;
  }

  /** Writes samples [from, to) into the arrays, beginning at `at`. */
  decode(from: number, to: number, times: Float64Array, values: Float64Array, at: number): void {
    if (this.#times instanceof Float64Array) times.set(this.#times.subarray(from, to), at);
    else sumUp(this.#times, from, to, times, at);
    const held = this.#values;
    if (held instanceof Float64Array || held instanceof Float32Array) {
      values.set(held.subarray(from, to), at);
      return;
    }
    sumUp(held, from, to, values, at);
    const scale = this.#scale;
    if (scale === 1) return;
    const end = at + to - from;
    for (let index = at; index < end; index++) values[index]! /= scale;
  }
}

/** Whether a number is a whole one times the scale, and comes back from it. Minus zero does not. */
function near(value: number, scale: number): boolean {
  const whole = Math.round(value * scale);
  return Math.abs(whole) <= largest && Object.is(whole / scale, value);
}

/** Decimal numbers times the scale; undefined where that would not give them back. */
function wholes(numbers: Float64Array, scale: number): Float64Array | undefined {
  const out = new Float64Array(numbers.length);
  for (let index = 0; index < numbers.length; index++) {
    const number = numbers[index]!;
    const whole = Math.round(number * scale);
    if (whole / scale !== number || (number === 0 && Object.is(number, -0))) return undefined;
    out[index] = whole;
  }
  return out;
}

/** Whole numbers by their differences; undefined where they are not whole, too large, or too far apart. */
function stepsOf(numbers: Float64Array): Steps | undefined {
  const first = numbers[0]!;
  let before = first;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < numbers.length; index++) {
    const number = numbers[index]!;
    if (Math.floor(number) !== number || number > largest || number < -largest) return undefined;
    if (number === 0 && Object.is(number, -0)) return undefined;
    if (index > 0) {
      const step = number - before;
      if (step < least) least = step;
      if (step > most) most = step;
    }
    before = number;
  }
  const size = numbers.length - 1;
  if (size === 0) return { first, least: 0, more: undefined };
  const span = most - least;
  if (span === 0) return { first, least, more: undefined };
  if (span >= 2 ** 32) return undefined;
  const more =
    span < 2 ** 8 ? new Uint8Array(size) : span < 2 ** 16 ? new Uint16Array(size) : new Uint32Array(size);
  for (let index = 0; index < size; index++) more[index] = numbers[index + 1]! - numbers[index]! - least;
  return { first, least, more };
}

/** Numbers [from, to) of a row, written to `out` from `at` on. A loop for each width: each then knows its array. */
function sumUp({ first, least, more }: Steps, from: number, to: number, out: Float64Array, at: number): void {
  let sum = first;
  let place = at;
  if (more === undefined) {
    for (let index = from; index < to; index++) out[place++] = first + index * least;
    return;
  }
  if (more instanceof Uint8Array) {
    for (let index = 0; index < from; index++) sum += least + more[index]!;
    out[place++] = sum;
    for (let index = from; index < to - 1; index++) {
      sum += least + more[index]!;
      out[place++] = sum;
    }
  } else if (more instanceof Uint16Array) {
    for (let index = 0; index < from; index++) sum += least + more[index]!;
    out[place++] = sum;
    for (let index = from; index < to - 1; index++) {
      sum += least + more[index]!;
      out[place++] = sum;
    }
  } else {
    for (let index = 0; index < from; index++) sum += least + more[index]!;
    out[place++] = sum;
    for (let index = from; index < to - 1; index++) {
      sum += least + more[index]!;
      out[place++] = sum;
    }
  }
}

/** As floats of 4 bytes where those are the same numbers. */
function floats(values: Float64Array, from: number, to: number): Float32Array | Float64Array {
  const wide = values.slice(from, to);
  return wide.every(value => Object.is(Math.fround(value), value)) ? Float32Array.from(wide) : wide;
}

function bytesOf(numbers: Steps | Float32Array | Float64Array): number {
  return 'least' in numbers ? (numbers.more?.byteLength ?? 0) : numbers.byteLength;
}
