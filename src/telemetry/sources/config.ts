import { z } from 'zod';
import { DurationText } from '../../kernel/index.ts';

/** A server that speaks Prometheus's HTTP API: Prometheus, Thanos, Mimir, VictoriaMetrics. */
export const PrometheusSourceConfig = z.strictObject({
  type: z.literal('prometheus'),
  url: z
    .url({ protocol: /^https?$/ })
    .describe('What stands before /api/v1: http://prometheus:9090, https://mimir.example/prometheus'),
  bearerToken: z.string().min(1).max(8192).optional(),
  basicAuth: z.strictObject({ username: z.string().max(256), password: z.string().max(1024) }).optional(),
  tenant: z.string().min(1).max(256).optional().describe('Sent as X-Scope-OrgID, for Mimir and Cortex'),
  timeout: DurationText.default('30s'),
  partialData: z
    .enum(['warn', 'fail'])
    .default('warn')
    .describe('When parts of a cluster did not answer: tell it beside the answer, or fail the query'),
});
export type PrometheusSourceConfig = z.infer<typeof PrometheusSourceConfig>;

/** Where metrics are asked for; what is sent to Nines is kept in its own store all the same. */
export const MetricsConfig = z.strictObject({
  default: PrometheusSourceConfig.optional().describe('For all services; absent: the own store'),
  services: z
    .record(z.string().min(1).max(253), PrometheusSourceConfig)
    .default({})
    .describe('For queries all of whose selectors name the service (service_name, service or job)'),
});
export type MetricsConfig = z.infer<typeof MetricsConfig>;
