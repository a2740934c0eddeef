import { z } from 'zod';

const Labels = z.record(z.string(), z.string());

export const PrometheusRule = z.object({
  record: z.string().optional(),
  alert: z.string().optional(),
  expr: z.string(),
  for: z.string().optional(),
  labels: Labels.optional(),
  annotations: Labels.optional(),
});
export type PrometheusRule = z.infer<typeof PrometheusRule>;

export const RuleGroup = z.object({
  name: z.string(),
  interval: z.string().optional(),
  rules: z.array(PrometheusRule),
});
export type RuleGroup = z.infer<typeof RuleGroup>;
