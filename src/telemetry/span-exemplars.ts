import type { SeriesExemplars } from './exemplar.ts';
import type { IndexedSeries } from './series-index.ts';
import type { Store } from './store.ts';
import { version } from './trace-sql.ts';

/** Metrics that Nines makes of spans, whose exemplars are the spans themselves: none has to be stored. */
const ofSpans = /^traces_spanmetrics_(calls_total|latency_seconds_(bucket|count|sum))$/;
/** Exemplars of a series lie this part of the window apart. */
const steps = 30;
const longestWindowMs = 31 * 86_400_000;
const mostRows = 10_000;

interface Row {
  key: string;
  bucket: number;
  at: number;
  seconds: number;
  trace: string;
  span: string;
}

export function isOfSpans({ metric }: IndexedSeries): boolean {
  return ofSpans.test(metric);
}

/** The slowest span of each step in each bucket, for those of the series that are made of spans. */
export async function spanExemplars(
  store: Store,
  series: readonly IndexedSeries[],
  fromMs: number,
  toMs: number,
): Promise<SeriesExemplars[]> {
  if (series.length === 0 || toMs - fromMs > longestWindowMs) return [];
  const les = [...new Set(series.map(({ labels }) => bound(labels.le)))].sort((a, b) => a - b);
  const finite = les.filter(Number.isFinite);
  const names = (label: string) => [...new Set(series.map(({ labels }) => labels[label] ?? ''))];
  const rows = await store.query<Row>(
    `SELECT concat(ServiceName, '\\0', ${version}, '\\0', SpanName, '\\0', SpanKind, '\\0', StatusCode) AS key,
       arrayFirstIndex(le -> Duration <= le * 1e9, {les:Array(Float64)}) AS bucket,
       intDiv(toUnixTimestamp64Milli(Timestamp) - {from:Int64}, {step:Int64}) AS step,
       argMax(toUnixTimestamp64Milli(Timestamp), Duration) AS at, max(Duration) / 1e9 AS seconds,
       argMax(TraceId, Duration) AS trace, argMax(SpanId, Duration) AS span
     FROM otel_traces
     WHERE Timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND Timestamp <= fromUnixTimestamp64Milli({to:Int64})
       AND ServiceName IN {services:Array(String)} AND SpanName IN {spans:Array(String)}
       AND SpanKind IN ('Server', 'Consumer')
     GROUP BY key, bucket, step ORDER BY step DESC LIMIT ${mostRows}`,
    {
      from: Math.floor(fromMs),
      to: Math.ceil(toMs),
      step: Math.max(1000, Math.ceil((toMs - fromMs) / steps)),
      les: finite.length === 0 ? [0] : finite,
      services: names('service_name'),
      spans: names('span_name'),
    },
  );
  const byKey = Map.groupBy(rows, row => row.key);
  return series.flatMap(({ labels, metric }) => {
    const own = (byKey.get(keyOf(labels)) ?? []).filter(({ bucket }) =>
      labels.le === undefined
        ? true
        : (bucket === 0 ? Number.POSITIVE_INFINITY : finite[bucket - 1]) === bound(labels.le),
    );
    if (own.length === 0) return [];
    const exemplars = own
      .map(({ at, seconds, trace, span }) => ({
        at,
        value: metric.endsWith('calls_total') ? 1 : seconds,
        labels: { trace_id: trace, span_id: span },
      }))
      .sort((a, b) => a.at - b.at);
    return [{ series: labels, exemplars }];
  });
}

function bound(le: string | undefined): number {
  return le === undefined || le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
}

/** `SPAN_KIND_SERVER` is `Server` in a row. */
function keyOf(labels: IndexedSeries['labels']): string {
  const word = (text = '') => `${text.charAt(0)}${text.slice(1).toLowerCase()}`;
  return [
    labels.service_name ?? '',
    labels.service_version ?? '',
    labels.span_name ?? '',
    word(labels.span_kind?.replace('SPAN_KIND_', '')),
    word(labels.status_code?.replace('STATUS_CODE_', '')),
  ].join('\u0000');
}
