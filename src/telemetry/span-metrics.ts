import { boundText } from './metric-name.ts';
import type { ServiceIdentity } from './otlp/envelope.ts';
import type { Labels } from './promql/index.ts';
import { SampleRows } from './sample-rows.ts';
import type { IndexedSeries, SeriesIndex, SeriesMeta } from './series-index.ts';
import type { SpanSeen } from './span-rows.ts';

/** Upper bounds in seconds. The collector's spanmetrics connector has similar ones; these hold the usual objectives. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.3, 0.5, 0.75, 1, 1.5, 2, 2.5, 5, 10, 15] as const;
/** Names as the collector's: https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/connector/spanmetricsconnector */
const calls = 'traces_spanmetrics_calls_total';
const latency = 'traces_spanmetrics_latency_seconds';
/** OTLP's kinds 2 and 5. */
const kinds = ['SPAN_KIND_SERVER', 'SPAN_KIND_CONSUMER'] as const;
const statuses = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'] as const;
/** Names of operations that a service may have; more are counted together. A sender that puts ids in names is met so. */
const mostOperations = 500;
/** Counters of all services together. */
const mostCounters = 20_000;
/** A counter without a span for so long is forgotten: the release that it counted is gone. */
const forgottenAfterMs = 3_600_000;
export const otherOperations = 'other';

interface Service {
  key: string;
  identity: ServiceIdentity;
  operations: Map<string, Operation>;
}

interface Operation {
  name: string;
  /** By kind and status. */
  counters: (Counter | undefined)[];
}

interface Counter {
  service: Service;
  operation: Operation;
  place: number;
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
  readonly #services = new Map<string, Service>();
  readonly #counters = new Set<Counter>();
  /** Names of operations that a service had, whatever its version. */
  readonly #names = new Map<string, Set<string>>();
  readonly #onOverflow: (service: string) => void;
  #writtenAt = 0;

  constructor(index: SeriesIndex, onOverflow: (service: string) => void) {
    this.#index = index;
    this.#onOverflow = onOverflow;
  }

  /** Counts the spans of a service: to be asked for with each request, as a service may be forgotten. */
  of(identity: ServiceIdentity): SpanSeen {
    const key = `${identity.name}\u0000${identity.version}\u0000${identity.environment}`;
    let service = this.#services.get(key);
    if (service === undefined) {
      service = { key, identity, operations: new Map() };
      this.#services.set(key, service);
    }
    const known = service;
    return (name, kind, status, seconds) => this.#count(known, name, kind, status, seconds);
  }

  #count(service: Service, name: string, kind: number, status: number, seconds: number): void {
    const form = kind === 2 ? 0 : kind === 5 ? 3 : -1;
    if (form < 0) return;
    const place = form + (status === 1 || status === 2 ? status : 0);
    const operation = service.operations.get(name) ?? this.#operation(service, name);
    const counter = operation.counters[place] ?? this.#made(service, operation, place);
    if (counter === undefined) return;
    let bucket = 0;
    while (bucket < bounds.length && seconds > bounds[bucket]!) bucket += 1;
    if (bucket < bounds.length) counter.buckets[bucket]! += 1;
    counter.sum += seconds;
    counter.count += 1;
    counter.fresh = true;
  }

  #made(service: Service, operation: Operation, place: number): Counter | undefined {
    const { name, version, environment } = service.identity;
    if (this.#counters.size >= mostCounters) {
      this.#onOverflow(name);
      return undefined;
    }
    const counter: Counter = {
      service,
      operation,
      place,
      labels: {
        service_name: name,
        ...(version === '' ? {} : { service_version: version }),
        ...(environment === '' ? {} : { deployment_environment_name: environment }),
        span_name: operation.name,
        span_kind: kinds[place < 3 ? 0 : 1],
        status_code: statuses[place % 3]!,
      },
      buckets: new Array<number>(bounds.length).fill(0),
      sum: 0,
      count: 0,
      fresh: true,
      idleSince: 0,
    };
    operation.counters[place] = counter;
    this.#counters.add(counter);
    return counter;
  }

  #forget(counter: Counter): void {
    const { service, operation, place } = counter;
    this.#counters.delete(counter);
    operation.counters[place] = undefined;
    if (operation.counters.every(one => one === undefined)) service.operations.delete(operation.name);
    if (service.operations.size === 0) this.#services.delete(service.key);
  }

  /**
   * The samples of now. Counters that stand still are written too, as a scrape would, so that a rate of nothing is
   * zero and not absent.
   */
  samples(at: number): SampleRows {
    const rows = new SampleRows();
    const before = this.#writtenAt;
    for (const counter of this.#counters) {
      if (counter.fresh) counter.idleSince = at;
      counter.fresh = false;
      if (at - counter.idleSince > forgottenAfterMs) {
        this.#forget(counter);
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

  /** The operation that spans of a new name count for: their own, or past the bound `other`. */
  #operation(service: Service, name: string): Operation {
    const counted = this.#nameOf(service.identity.name, name);
    const known = service.operations.get(counted);
    if (known !== undefined) return known;
    const made: Operation = { name: counted, counters: [] };
    service.operations.set(counted, made);
    return made;
  }

  #nameOf(service: string, name: string): string {
    let known = this.#names.get(service);
    if (known === undefined) {
      known = new Set();
      this.#names.set(service, known);
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
