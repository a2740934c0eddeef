import { stringify } from 'yaml';
import { z } from 'zod';

export const TemplateKind = z.enum([
  'availability',
  'latency',
  'latency-native',
  'throughput',
  'durability',
  'freshness',
  'uptime',
  'spans',
  'spans-latency',
  'logs',
]);
export type TemplateKind = z.infer<typeof TemplateKind>;

export interface TemplateRequest {
  kind: TemplateKind;
  service: string;
  /** As 0.999; the kind's own if absent. */
  target?: number | undefined;
  window: string;
}

interface Shape {
  title: string;
  /** What is promised: `99.9 % of …`. */
  of: string;
  target: number;
  indicator: object;
  objective?: object;
  /** What to change, and what must be there. */
  comment: string[];
}

const query = (text: string) => ({ metricSource: { type: 'Prometheus', spec: { query: text } } });
const ratio = (parts: { bad?: string; good?: string; total: string }) => ({
  ratioMetric: {
    counter: true,
    ...(parts.bad === undefined ? { good: query(parts.good!) } : { bad: query(parts.bad) }),
    total: query(parts.total),
  },
});

const REQUESTS = 'http_server_request_duration_seconds';
const CALLS = 'traces_spanmetrics_calls_total';

/** What each kind of indicator looks like for a service: a place to begin, in the names that OpenTelemetry gives. */
const SHAPES: Record<TemplateKind, (service: string) => Shape> = {
  availability: service => ({
    title: 'availability',
    of: 'of all requests get an answer that is no server error',
    target: 0.999,
    indicator: ratio({
      bad: `${REQUESTS}_count{service_name="${service}",http_response_status_code=~"5.."}`,
      total: `${REQUESTS}_count{service_name="${service}"}`,
    }),
    comment: ['An error counter may be absent until the first error: that is zero, and not missing data.'],
  }),
  latency: service => ({
    title: 'latency',
    of: 'of all requests are answered within 500 ms',
    target: 0.99,
    indicator: ratio({
      good: `${REQUESTS}_bucket{service_name="${service}",le="0.5"}`,
      total: `${REQUESTS}_count{service_name="${service}"}`,
    }),
    comment: [
      'le must be a bound that the histogram has: nines telemetry query lists them; nines slo prove checks it.',
    ],
  }),
  'latency-native': service => {
    const requests = `increase(${REQUESTS}{service_name="${service}"}[{{.window}}])`;
    return {
      title: 'latency',
      of: 'of all requests are answered within 500 ms',
      target: 0.99,
      indicator: {
        ratioMetric: {
          good: query(
            `sum(histogram_fraction(0, 0.5, ${requests}) * histogram_count(${requests}) >= 0 or histogram_count(${requests}) * 0)`,
          ),
          total: query(`sum(histogram_count(${requests}))`),
        },
      },
      comment: ['For native (exponential) histograms: any bound will do, it need not be one of the buckets.'],
    };
  },
  throughput: service => ({
    title: 'throughput',
    of: 'of all minutes process at least 10 items a second',
    target: 0.99,
    indicator: { thresholdMetric: query(`sum(rate(items_processed_total{service_name="${service}"}[5m]))`) },
    objective: { op: 'gte', value: 10 },
    comment: [
      'The value is looked at once a minute. Where input may be missing, divide by what came in instead.',
    ],
  }),
  durability: service => ({
    title: 'durability',
    of: 'of all objects that are read back are as they were written',
    target: 0.9999,
    indicator: ratio({
      bad: `objects_verified_total{service_name="${service}",result=~"lost|corrupt"}`,
      total: `objects_verified_total{service_name="${service}"}`,
    }),
    comment: ['Something must read back what was written, all of it or a sample, and count what it found.'],
  }),
  freshness: service => ({
    title: 'freshness',
    of: 'of all minutes see data that is at most 15 minutes old',
    target: 0.99,
    indicator: {
      thresholdMetric: query(`time() - max(last_success_timestamp_seconds{service_name="${service}"})`),
    },
    objective: { op: 'lte', value: 900 },
    comment: ['A pipeline sets the gauge to the time of the newest data that it has made visible.'],
  }),
  uptime: service => ({
    title: 'uptime',
    of: 'of all probes from outside succeed',
    target: 0.999,
    indicator: ratio({
      bad: `probe_failures_total{service_name="${service}"}`,
      total: `probe_attempts_total{service_name="${service}"}`,
    }),
    comment: [
      'A Probe of Nines counts both; of a blackbox exporter take the gauge instead:',
      `raw: avg(probe_success{job="${service}"}), rawType: success.`,
    ],
  }),
  spans: service => ({
    title: 'availability, from spans',
    of: 'of all requests end without an error',
    target: 0.999,
    indicator: ratio({
      bad: `${CALLS}{service_name="${service}",span_kind="SPAN_KIND_SERVER",status_code="STATUS_CODE_ERROR"}`,
      total: `${CALLS}{service_name="${service}",span_kind="SPAN_KIND_SERVER"}`,
    }),
    comment: ['Counted from the spans that arrive: sampling before Nines thins them out.'],
  }),
  'spans-latency': service => ({
    title: 'latency, from spans',
    of: 'of all requests take at most 500 ms',
    target: 0.99,
    indicator: ratio({
      good: `traces_spanmetrics_latency_seconds_bucket{service_name="${service}",span_kind="SPAN_KIND_SERVER",le="0.5"}`,
      total: `traces_spanmetrics_latency_seconds_count{service_name="${service}",span_kind="SPAN_KIND_SERVER"}`,
    }),
    comment: ['Counted from the spans that arrive: sampling before Nines thins them out.'],
  }),
  logs: service => ({
    title: 'errors in logs',
    of: 'of all log records are no errors',
    target: 0.999,
    indicator: ratio({
      bad: `log_record_count_total{service_name="${service}",severity=~"ERROR|FATAL"}`,
      total: `log_record_count_total{service_name="${service}"}`,
    }),
    comment: [
      'Nines counts the log records of each service by severity as they arrive. One line for each request is the',
      'better indicator: declare two LogMetrics, and take logs_<name>_total of each as good (or bad) and total.',
    ],
  }),
};

/** An SLO of a kind for a service, as openslo/v1 with comments: a place to begin. */
export function sloTemplate({ kind, service, target, window }: TemplateRequest): {
  yaml: string;
  resource: Record<string, unknown>;
} {
  const shape = SHAPES[kind](service);
  const promised = target ?? shape.target;
  const name = `${service}-${kind}`.slice(0, 63).replace(/-+$/, '');
  const resource = {
    apiVersion: 'openslo/v1',
    kind: 'SLO',
    metadata: { name, displayName: `${service} ${shape.title}`.slice(0, 63) },
    spec: {
      description: `${Number((promised * 100).toPrecision(6))} % ${shape.of}.`,
      service,
      indicator: { metadata: { name }, spec: shape.indicator },
      timeWindow: [{ duration: window, isRolling: true }],
      budgetingMethod: 'Occurrences',
      objectives: [{ displayName: shape.title, ...shape.objective, target: promised }],
    },
  };
  const comment = shape.comment.map(line => `# ${line}\n`).join('');
  return { yaml: `${comment}${stringify(resource, { lineWidth: 0 })}`, resource };
}
