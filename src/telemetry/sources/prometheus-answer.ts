import { z } from 'zod';
import type { MatrixResult, QueryResult, Series } from '../promql/index.ts';
import { customSchema, type NativeHistogram } from '../promql/index.ts';

const Labels = z.record(z.string(), z.string());
const Value = z.tuple([z.number(), z.string()]);
const Histogram = z.object({
  count: z.string(),
  sum: z.string(),
  buckets: z.array(z.tuple([z.number(), z.string(), z.string(), z.string()])).default([]),
});
const HistogramPoint = z.tuple([z.number(), Histogram]);

const Data = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('scalar'), result: Value }),
  z.object({ resultType: z.literal('string'), result: Value }),
  z.object({
    resultType: z.literal('vector'),
    result: z.array(
      z.object({ metric: Labels, value: Value.optional(), histogram: HistogramPoint.optional() }),
    ),
  }),
  z.object({
    resultType: z.literal('matrix'),
    result: z.array(
      z.object({
        metric: Labels,
        values: z.array(Value).default([]),
        histograms: z.array(HistogramPoint).default([]),
      }),
    ),
  }),
]);

export interface Notes {
  warnings: string[];
  infos: string[];
}

/** A number as Prometheus's API writes it. */
function numberOf(text: string): number {
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

const epoch = (seconds: number) => Math.round(seconds * 1000);

/** The `data` of a query as an answer. Throws a ZodError for what is none. */
export function queryResultOf(data: unknown, notes: Notes): QueryResult {
  const answer = Data.parse(data);
  switch (answer.resultType) {
    case 'scalar': {
      const [at, value] = answer.result;
      return { type: 'scalar', timestamp: epoch(at), value: numberOf(value), ...notes };
    }
    case 'string': {
      const [at, value] = answer.result;
      return { type: 'string', timestamp: epoch(at), value, ...notes };
    }
    case 'vector': {
      const samples = answer.result.flatMap(({ metric: labels, value, histogram }) => {
        if (histogram !== undefined) {
          const [at, shown] = histogram;
          return [{ labels, timestamp: epoch(at), value: Number.NaN, histogram: histogramOf(shown) }];
        }
        return value === undefined ? [] : [{ labels, timestamp: epoch(value[0]), value: numberOf(value[1]) }];
      });
      return { type: 'vector', samples, ...notes };
    }
    case 'matrix':
      return { type: 'matrix', series: answer.result.map(seriesOf), ...notes };
  }
}

/** The `data` of a range query. Throws as `queryResultOf`. */
export function matrixResultOf(data: unknown, notes: Notes): MatrixResult {
  const answer = queryResultOf(data, notes);
  if (answer.type !== 'matrix') throw new Error(`a range query was answered with a ${answer.type}`);
  return answer;
}

interface MatrixSeries {
  metric: Record<string, string>;
  values: [number, string][];
  histograms: [number, z.infer<typeof Histogram>][];
}

function seriesOf({ metric, values, histograms }: MatrixSeries): Series {
  const points: { at: number; value: number; histogram: NativeHistogram | undefined }[] = [
    ...values.map(([at, text]) => ({ at: epoch(at), value: numberOf(text), histogram: undefined })),
    ...histograms.map(([at, shown]) => ({
      at: epoch(at),
      value: Number.NaN,
      histogram: histogramOf(shown),
    })),
  ].sort((a, b) => a.at - b.at);
  return {
    labels: metric,
    timestamps: Float64Array.from(points, point => point.at),
    values: Float64Array.from(points, point => point.value),
    ...(histograms.length > 0 ? { histograms: points.map(point => point.histogram) } : {}),
  };
}

/**
 * A histogram from the buckets that the API shows: it tells bounds and no schema, so that what comes back has the
 * same bounds as buckets of its own.
 */
function histogramOf({ count, sum, buckets }: z.infer<typeof Histogram>): NativeHistogram {
  const known = buckets.map(([, lower, upper, size]) => ({
    lower: numberOf(lower),
    upper: numberOf(upper),
    size: numberOf(size),
  }));
  const bounds = [...new Set(known.flatMap(({ lower, upper }) => [lower, upper]))]
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  return {
    schema: customSchema,
    zeroThreshold: 0,
    zeroCount: 0,
    count: numberOf(count),
    sum: numberOf(sum),
    positive: {
      index: known.map(({ upper }) => (Number.isFinite(upper) ? bounds.indexOf(upper) : bounds.length)),
      count: known.map(({ size }) => size),
    },
    negative: { index: [], count: [] },
    customValues: bounds,
    hint: 'unknown',
  };
}
