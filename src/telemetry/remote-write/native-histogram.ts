import { type Buckets, type CounterResetHint, customSchema, type NativeHistogram } from '../promql/index.ts';
import { MalformedMessage, type WireReader } from './wire.ts';

/** A histogram sample of remote write; without a histogram it is a staleness marker. */
export interface HistogramSample {
  at: number;
  histogram: NativeHistogram | undefined;
}

interface Side {
  spans: { offset: number; length: number }[];
  deltas: number[];
  counts: number[];
}

/** Most populated buckets of one side: Prometheus's own histograms have up to 160, schema 8 over all floats more. */
const mostBuckets = 20_000;
const hints: readonly CounterResetHint[] = ['unknown', 'reset', 'not_reset', 'gauge'];

/** `Histogram` of prometheus.prompb and of io.prometheus.write.v2, which are the same on the wire. */
export function readHistogram(reader: WireReader, end: number): HistogramSample {
  const negative: Side = { spans: [], deltas: [], counts: [] };
  const positive: Side = { spans: [], deltas: [], counts: [] };
  const customValues: number[] = [];
  let [count, zeroCount, zeroThreshold, schema, at] = [0, 0, 0, 0, 0];
  let sum: number | undefined = 0;
  let hint: CounterResetHint = 'unknown';
  let isFloat = false;
  reader.message(end, (number, type, until) => {
    switch (number) {
      case 1:
        count = reader.int64(until, false);
        return true;
      case 2:
        count = reader.double(until) ?? Number.NaN;
        isFloat = true;
        return true;
      case 3:
        sum = reader.double(until);
        return true;
      case 4:
        schema = reader.sint32(until);
        return true;
      case 5:
        zeroThreshold = reader.double(until) ?? Number.NaN;
        return true;
      case 6:
        zeroCount = reader.int64(until, false);
        return true;
      case 7:
        zeroCount = reader.double(until) ?? Number.NaN;
        return true;
      case 8:
      case 11:
        (number === 8 ? negative : positive).spans.push(readSpan(reader, until));
        return true;
      case 9:
      case 12: {
        const { deltas } = number === 9 ? negative : positive;
        reader.repeated(type, until, inner => deltas.push(reader.sint64(inner)));
        return true;
      }
      case 10:
      case 13: {
        const { counts } = number === 10 ? negative : positive;
        reader.repeated(type, until, inner => counts.push(reader.double(inner) ?? Number.NaN));
        return true;
      }
      case 14:
        hint = hints[reader.uint32(until)] ?? 'unknown';
        return true;
      case 15:
        at = reader.int64(until);
        return true;
      case 16:
        reader.repeated(type, until, inner => customValues.push(reader.double(inner) ?? Number.NaN));
        return true;
      default:
        return false;
    }
  });
  if (sum === undefined) return { at, histogram: undefined };
  if (schema !== customSchema && (schema < -4 || schema > 8))
    throw new MalformedMessage(`a histogram has the unknown schema ${schema}`);
  return {
    at,
    histogram: {
      schema,
      zeroThreshold,
      zeroCount,
      count,
      sum,
      positive: bucketsOf(positive, isFloat),
      negative: bucketsOf(negative, isFloat),
      ...(schema === customSchema ? { customValues } : {}),
      hint,
    },
  };
}

function readSpan(reader: WireReader, end: number): { offset: number; length: number } {
  const span = { offset: 0, length: 0 };
  reader.message(end, (number, _type, until) => {
    if (number === 1) span.offset = reader.sint32(until);
    else if (number === 2) span.length = reader.uint32(until);
    else return false;
    return true;
  });
  return span;
}

/** Spans with deltas (of whole counts) or with counts (of floats), as bucket indices with absolute counts. */
function bucketsOf({ spans, deltas, counts }: Side, isFloat: boolean): Buckets {
  const given = isFloat ? counts : deltas;
  const length = spans.reduce((total, span) => total + span.length, 0);
  if (length !== given.length)
    throw new MalformedMessage(`a histogram's spans hold ${length} buckets, and ${given.length} are given`);
  if (length > mostBuckets) throw new MalformedMessage(`a histogram has ${length} buckets`);
  const buckets = { index: [] as number[], count: [] as number[] };
  let index = 0;
  let at = 0;
  let sum = 0;
  for (const [position, span] of spans.entries()) {
    if (position > 0 && span.offset < 0) throw new MalformedMessage('spans of a histogram overlap');
    index += span.offset;
    for (let i = 0; i < span.length; i++) {
      sum = isFloat ? given[at]! : sum + given[at]!;
      if (sum < 0) throw new MalformedMessage('a bucket of a histogram has a negative count');
      if (sum !== 0) {
        buckets.index.push(index);
        buckets.count.push(sum);
      }
      index += 1;
      at += 1;
    }
  }
  return buckets;
}
