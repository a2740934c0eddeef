import type { ExponentialPoint, Buckets as OtlpBuckets } from './otlp/message.ts';
import type { Buckets, CounterResetHint, NativeHistogram } from './promql/native-histogram.ts';

/** Prometheus's native histograms go from schema -4 to 8; finer ones are merged, coarser ones cannot be held. */
const finest = 8;
export const coarsest = -4;

/**
 * An exponential histogram of OTLP as Prometheus's native one. OTLP's bucket i holds (base^i, base^(i+1)], Prometheus's
 * (base^(i-1), base^i]: the index moves by one.
 * Source: opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#exponential-histograms
 */
export function nativeHistogram(point: ExponentialPoint, hint: CounterResetHint): NativeHistogram {
  const histogram: NativeHistogram = {
    schema: point.scale,
    zeroThreshold: point.zeroThreshold,
    zeroCount: Number(point.zeroCount),
    count: Number(point.count),
    sum: point.sum ?? 0,
    positive: buckets(point.positive),
    negative: buckets(point.negative),
    hint,
  };
  return point.scale > finest ? coarser(histogram, finest) : histogram;
}

function buckets(from: OtlpBuckets | undefined): Buckets {
  const index: number[] = [];
  const count: number[] = [];
  for (const [position, value] of (from?.bucketCounts ?? []).entries()) {
    if (value === 0n) continue;
    index.push(from!.offset + position + 1);
    count.push(Number(value));
  }
  return { index, count };
}

/** The same observations at a smaller schema: 2^(difference) neighbours become one bucket. */
function coarser(histogram: NativeHistogram, schema: number): NativeHistogram {
  if (histogram.schema <= schema) return histogram;
  const factor = 2 ** (histogram.schema - schema);
  const merged = ({ index, count }: Buckets): Buckets => {
    const outIndex: number[] = [];
    const outCount: number[] = [];
    for (let i = 0; i < index.length; i++) {
      const target = Math.ceil(index[i]! / factor);
      if (outIndex.at(-1) === target) outCount[outCount.length - 1]! += count[i]!;
      else {
        outIndex.push(target);
        outCount.push(count[i]!);
      }
    }
    return { index: outIndex, count: outCount };
  };
  return { ...histogram, schema, positive: merged(histogram.positive), negative: merged(histogram.negative) };
}

/** The sum of two histograms at the coarser of their schemas, for turning deltas into a cumulative one. */
export function addedHistograms(a: NativeHistogram, b: NativeHistogram): NativeHistogram {
  const schema = Math.min(a.schema, b.schema);
  const left = coarser(a, schema);
  const right = coarser(b, schema);
  return {
    schema,
    zeroThreshold: Math.max(left.zeroThreshold, right.zeroThreshold),
    zeroCount: left.zeroCount + right.zeroCount,
    count: left.count + right.count,
    sum: left.sum + right.sum,
    positive: addedBuckets(left.positive, right.positive),
    negative: addedBuckets(left.negative, right.negative),
    hint: a.hint,
  };
}

function addedBuckets(a: Buckets, b: Buckets): Buckets {
  const sums = new Map<number, number>();
  for (const side of [a, b])
    for (let i = 0; i < side.index.length; i++)
      sums.set(side.index[i]!, (sums.get(side.index[i]!) ?? 0) + side.count[i]!);
  const index = [...sums.keys()].sort((x, y) => x - y);
  return { index, count: index.map(i => sums.get(i)!) };
}
