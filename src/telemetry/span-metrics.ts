import { boundText } from './metric-name.ts';
import type { Span } from './otlp/message.ts';
import type { Labels } from './promql/index.ts';
import { SampleRows } from './sample-rows.ts';
import type { IndexedSeries, SeriesIndex, SeriesMeta } from './series-index.ts';
import { durationNanos, type ServiceIdentity } from './span-rows.ts';

/** Upper bounds in seconds. The collector's spanmetrics connector has similar ones; these hold the usual objectives. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.3, 0.5, 0.75, 1, 1.5, 2, 2.5, 5, 10, 15] as const;
/** Names as the collector's: https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/connector/spanmetricsconnector */
const calls = 'traces_spanmetrics_calls_total';
const latency = 'traces_spanmetrics_latency_seconds';
const kinds: Readonly<Record<number, string>> = { 2: 'SPAN_KIND_SERVER', 5: 'SPAN_KIND_CONSUMER' };
const statuses = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'] as const;
/** Names of operations that a service may have; more are counted together. A sender that puts ids in names is met so. */
const mostOperations = 500;
/** Counters of all services together. */
const mostCounters = 20_000;
/** A counter without a span for so long is forgotten: the release that it counted is gone. */
const forgottenAfterMs = 3_600_000;
export const otherOperations = 'other';

interface Counter {
  labels: Labels;
  buckets: number[];
  sum: number;
  count: number;
  /** Made at the first write; absent when the limits of series do not allow it. */
  series?: readonly IndexedSeries[];
  /** Whether it counted a span since the last write; else, since when it stands still (epoch ms). */
  fresh: boolean;
  idleSince: number;
}

/**
 * Rate, errors and duration of each operation, counted as spans arrive: what a service that exports traces only has
 * for metrics. Counters are kept in memory and written as samples; after a restart they begin at zero, a counter reset.
 */
export class SpanMetrics {
  readonly #index: SeriesIndex;
  readonly #counters = new Map<string, Counter>();
  readonly #operations = new Map<string, Set<string>>();
  readonly #onOverflow: (service: string) => void;
  #writtenAt = 0;

  constructor(index: SeriesIndex, onOverflow: (service: string) => void) {
    this.#index = index;
    this.#onOverflow = onOverflow;
  }

  observe(span: Span, service: ServiceIdentity): void {
    const kind = kinds[span.kind];
    if (kind === undefined || service.name === '') return;
    const operation = this.#operation(service.name, span.name);
    const status = statuses[span.status?.code ?? 0] ?? statuses[0];
    const key = `${service.name}\u0000${service.version}\u0000${service.environment}\u0000${operation}\u0000${kind}\u0000${status}`;
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      if (this.#counters.size >= mostCounters) {
        this.#onOverflow(service.name);
        return;
      }
      counter = {
        labels: {
          service_name: service.name,
          ...(service.version === '' ? {} : { service_version: service.version }),
          ...(service.environment === '' ? {} : { deployment_environment_name: service.environment }),
          span_name: operation,
          span_kind: kind,
          status_code: status,
        },
        buckets: new Array<number>(bounds.length).fill(0),
        sum: 0,
        count: 0,
        fresh: true,
        idleSince: 0,
      };
      this.#counters.set(key, counter);
    }
    const seconds = Number(durationNanos(span)) / 1e9;
    const bucket = bounds.findIndex(bound => seconds <= bound);
    if (bucket >= 0) counter.buckets[bucket]! += 1;
    counter.sum += seconds;
    counter.count += 1;
    counter.fresh = true;
  }

  /**
   * The samples of now. Counters that stand still are written too, as a scrape would, so that a rate of nothing is
   * zero and not absent.
   */
  samples(at: number): SampleRows {
    const rows = new SampleRows();
    const before = this.#writtenAt;
    for (const [key, counter] of this.#counters) {
      if (counter.fresh) counter.idleSince = at;
      counter.fresh = false;
      if (at - counter.idleSince > forgottenAfterMs) {
        this.#counters.delete(key);
        continue;
      }
      if (counter.series === undefined) {
        const series = this.#intern(counter, at);
        if (series === undefined) continue;
        counter.series = series;
        // It did not exist at the write before: there it was zero.
        const zeroAt = before > 0 ? before : at - 1000;
        for (const one of series) {
          rows.sample(one, zeroAt, 0);
          this.#index.touch(one, zeroAt);
        }
      }
      const values: number[] = [counter.count];
      let below = 0;
      for (const count of counter.buckets) {
        below += count;
        values.push(below);
      }
      values.push(counter.count, counter.sum, counter.count);
      for (const [position, value] of values.entries()) {
        rows.sample(counter.series[position]!, at, value);
        this.#index.touch(counter.series[position]!, at);
      }
    }
    this.#writtenAt = at;
    return rows;
  }

  #intern(counter: Counter, at: number): IndexedSeries[] | undefined {
    const { labels } = counter;
    if (!this.#index.hasRoom(`${latency}_bucket`, bounds.length + 4)) return undefined;
    const meta = (help: string, type: SeriesMeta['type'], unit = ''): SeriesMeta => ({ type, unit, help });
    const duration = meta('Duration of server and consumer spans.', 'histogram', 'seconds');
    const sets: [Labels, SeriesMeta][] = [
      [{ ...labels, __name__: calls }, meta('Server and consumer spans.', 'counter')],
      ...[...bounds, Number.POSITIVE_INFINITY].map((bound): [Labels, SeriesMeta] => [
        { ...labels, __name__: `${latency}_bucket`, le: boundText(bound) },
        duration,
      ]),
      [{ ...labels, __name__: `${latency}_sum` }, duration],
      [{ ...labels, __name__: `${latency}_count` }, duration],
    ];
    const series: IndexedSeries[] = [];
    for (const [set, kind] of sets) {
      const one = this.#index.intern(set, kind, at);
      if (one === undefined) return undefined;
      series.push(one);
    }
    return series;
  }

  #operation(service: string, name: string): string {
    let known = this.#operations.get(service);
    if (known === undefined) {
      known = new Set();
      this.#operations.set(service, known);
    }
    if (known.has(name)) return name;
    if (known.size >= mostOperations) {
      this.#onOverflow(service);
      return otherOperations;
    }
    known.add(name);
    return name;
  }
}
