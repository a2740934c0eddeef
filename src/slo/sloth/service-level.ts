import { z } from 'zod';

/** The keys of the resource, in Kubernetes's way of writing, as `prometheus/v1` writes them. */
const KEYS: Record<string, string> = {
  errorQuery: 'error_query',
  totalQuery: 'total_query',
  errorRatioQuery: 'error_ratio_query',
  pageAlert: 'page_alert',
  ticketAlert: 'ticket_alert',
  sloPlugins: 'slo_plugins',
};
/** Under these a key is a user's own and is left alone. */
const OWN = new Set(['labels', 'annotations', 'options', 'config']);

/** Sloth's Kubernetes resource: https://sloth.dev/specs/kubernetes/. Its spec says the same as `prometheus/v1`. */
export const ServiceLevelHead = z.object({
  apiVersion: z.literal('sloth.slok.dev/v1'),
  kind: z.literal('PrometheusServiceLevel'),
  metadata: z.object({
    name: z.string().min(1),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).nullish(),
    annotations: z.record(z.string(), z.string()).nullish(),
  }),
  spec: z.record(z.string(), z.unknown()),
});
export type ServiceLevelHead = z.infer<typeof ServiceLevelHead>;

/** `metadata` and `spec` of the resource as `prometheus/v1`. */
export function asPrometheusV1(spec: Record<string, unknown>): unknown {
  return { version: 'prometheus/v1', ...(renamed(spec) as object) };
}

function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [KEYS[key] ?? key, OWN.has(key) ? inner : renamed(inner)]),
  );
}

/** The field of the resource that a field of `prometheus/v1` came from, for a problem's line. */
export function originalField(field: string): string {
  const back = Object.fromEntries(Object.entries(KEYS).map(([from, to]) => [to, from]));
  return ['spec', ...field.split('.').map(part => back[part] ?? part)].join('.');
}
