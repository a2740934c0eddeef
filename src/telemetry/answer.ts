import { z } from 'zod';
import { DurationText, Instant } from '../kernel/index.ts';

/** JSON has no NaN and no infinities: they are text, as in Prometheus's own API. */
export const Value = z.union([z.number(), z.enum(['NaN', '+Inf', '-Inf'])]);
export type Value = z.infer<typeof Value>;
const Labels = z.record(z.string(), z.string());
export const InstantAnswer = z.object({
  at: Instant,
  samples: z.array(z.object({ labels: Labels, value: Value })),
  scalar: Value.optional(),
  warnings: z.array(z.string()),
});
export type InstantAnswer = z.infer<typeof InstantAnswer>;
export const RangeAnswer = z.object({
  from: Instant,
  to: Instant,
  step: DurationText,
  series: z.array(z.object({ labels: Labels, points: z.array(z.tuple([z.number(), Value])) })),
  warnings: z.array(z.string()),
});
export type RangeAnswer = z.infer<typeof RangeAnswer>;
export const MetricInfo = z.object({
  metric: z.string(),
  type: z.string(),
  unit: z.string(),
  help: z.string(),
  series: z.number().int(),
});
export type MetricInfo = z.infer<typeof MetricInfo>;

export function jsonValue(value: number): Value {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
