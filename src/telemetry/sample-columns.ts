import { Fault } from '../kernel/index.ts';
import type { Labels, Series } from './promql/index.ts';
import { outranks } from './same-time.ts';
import type { Samples } from './sample-block.ts';
import { SampleRoom } from './sample-room.ts';

/** What a statement must select for `samplesOf`, in this order. */
export const sampleColumns = 'toFloat64(id) AS i, toFloat64(toUnixTimestamp64Milli(ts)) AS t, value, kind';
const types = ['Float64', 'Float64', 'Float64', 'UInt8'];
const bytesARow = 25;

/** Samples of one series that stand together in a block; where their columns begin in the bytes. */
interface Run {
  readonly count: number;
  readonly times: number;
  readonly values: number;
  readonly kinds: number;
  readonly first: number;
}

/**
 * Samples as ClickHouse's Native format has them, in any order: blocks of columns. Its layout:
 * https://clickhouse.com/docs/native-protocol/columns (a block without info, as every output but the protocol's own).
 * In a block the samples of a series usually stand together, so that they are copied whole rather than looked at.
 */
export function samplesOf(bytes: Uint8Array, labels: ReadonlyMap<number, Labels>): Map<number, Series> {
  const out = new Map<number, Series>();
  const room = new SampleRoom(Math.floor(bytes.length / bytesARow));
  for (const [id, runs] of runsOf(bytes)) {
    const { stale, ...samples } = joined(bytes, runs, room);
    out.set(id, { labels: labels.get(id)!, ...samples, ...(stale && { stale }) });
  }
  return out;
}

function runsOf(bytes: Uint8Array): Map<number, Run[]> {
  const out = new Map<number, Run[]>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let ids = new Float64Array(0);
  for (let at = 0; at < bytes.length; ) {
    const block = blockAt(bytes, at);
    const [idsAt, times, values, kinds] = block.columns as [number, number, number, number];
    if (ids.length < block.rows) ids = new Float64Array(block.rows);
    // A copy, as numbers of eight bytes have to stand at a multiple of eight.
    new Uint8Array(ids.buffer).set(bytes.subarray(idsAt, idsAt + block.rows * 8));
    for (let from = 0; from < block.rows; ) {
      const id = ids[from]!;
      let to = from + 1;
      while (to < block.rows && ids[to] === id) to += 1;
      const run: Run = {
        count: to - from,
        times: times + from * 8,
        values: values + from * 8,
        kinds: kinds + from,
        first: view.getFloat64(times + from * 8, true),
      };
      const known = out.get(id);
      if (known === undefined) out.set(id, [run]);
      else known.push(run);
      from = to;
    }
    at = block.end;
  }
  return out;
}

/** Runs in one row, ascending; of samples of one time the one that counts. */
function joined(bytes: Uint8Array, runs: Run[], room: SampleRoom): Samples {
  runs.sort((a, b) => a.first - b.first);
  const { timestamps, values } = room.take(runs.reduce((sum, { count }) => sum + count, 0));
  const into = (numbers: Float64Array) =>
    new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const [timeBytes, valueBytes] = [into(timestamps), into(values)];
  let stale: Uint8Array | undefined;
  let at = 0;
  for (const run of runs) {
    timeBytes.set(bytes.subarray(run.times, run.times + run.count * 8), at * 8);
    valueBytes.set(bytes.subarray(run.values, run.values + run.count * 8), at * 8);
    const kinds = bytes.subarray(run.kinds, run.kinds + run.count);
    if (kinds.includes(1)) {
      stale ??= new Uint8Array(timestamps.length);
      stale.set(kinds, at);
    }
    at += run.count;
  }
  for (let index = 1; index < timestamps.length; index++)
    if (!(timestamps[index]! > timestamps[index - 1]!)) return sorted({ timestamps, values, stale });
  return { timestamps, values, stale };
}

function sorted({ timestamps, values, stale }: Samples): Samples {
  const order = Uint32Array.from(timestamps.keys()).sort((a, b) => timestamps[a]! - timestamps[b]!);
  const kept: number[] = [];
  for (const index of order) {
    const before = kept.at(-1);
    if (before !== undefined && timestamps[before] === timestamps[index]) {
      if (!outranks(values[index]!, stale?.[index] === 1, values[before]!, stale?.[before] === 1)) continue;
      kept.pop();
    }
    kept.push(index);
  }
  return {
    timestamps: Float64Array.from(kept, index => timestamps[index]!),
    values: Float64Array.from(kept, index => values[index]!),
    stale: stale && Uint8Array.from(kept, index => stale[index]!),
  };
}

/** A block of the four columns: how many rows, where each column begins, where the block ends. */
function blockAt(bytes: Uint8Array, start: number): { rows: number; columns: number[]; end: number } {
  let at = start;
  /** Seven bits a byte, the lowest first. */
  const number = () => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw broken('a length that is cut off');
  };
  const text = () => {
    const length = number();
    at += length;
    return String.fromCharCode(...bytes.subarray(at - length, at));
  };
  const count = number();
  const rows = number();
  if (count !== types.length) throw broken(`${count} columns`);
  const columns = types.map(type => {
    text();
    const found = text();
    if (found !== type) throw broken(`a column of ${found.slice(0, 40)}`);
    const begins = at;
    at += rows * (type === 'UInt8' ? 1 : 8);
    if (at > bytes.length) throw broken('a column that is cut off');
    return begins;
  });
  return { rows, columns, end: at };
}

function broken(what: string): Fault {
  return new Fault('internal', `The telemetry store answered with ${what}.`);
}
