import { DerivedCounter, DerivedCounters } from './derived-counters.ts';
import { identityLabels } from './identity-labels.ts';
import { boundText } from './metric-name.ts';
import type { ServiceIdentity } from './otlp/envelope.ts';
import type { Labels } from './promql/index.ts';
import type { SampleRows } from './sample-rows.ts';
import type { SeriesIndex, SeriesMeta } from './series-index.ts';
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

class Counter extends DerivedCounter {
  readonly service: Service;
  readonly operation: Operation;
  readonly place: number;
  readonly buckets = new Array<number>(bounds.length).fill(0);
  sum = 0;
  count = 0;

  constructor(service: Service, operation: Operation, place: number) {
    super();
    this.service = service;
    this.operation = operation;
    this.place = place;
  }

  describe(): [Labels, SeriesMeta][] {
    const labels = {
      ...identityLabels(this.service.identity),
      span_name: this.operation.name,
      span_kind: kinds[this.place < 3 ? 0 : 1],
      status_code: statuses[this.place % 3]!,
    };
    const duration: SeriesMeta = {
      type: 'histogram',
      unit: 'seconds',
      help: 'Duration of server and consumer spans.',
    };
    return [
      [
        { ...labels, __name__: calls },
        { type: 'counter', unit: '', help: 'Server and consumer spans.' },
      ],
      ...[...bounds, Number.POSITIVE_INFINITY].map((bound): [Labels, SeriesMeta] => [
        { ...labels, __name__: `${latency}_bucket`, le: boundText(bound) },
        duration,
      ]),
      [{ ...labels, __name__: `${latency}_sum` }, duration],
      [{ ...labels, __name__: `${latency}_count` }, duration],
    ];
  }

  values(): number[] {
    const values: number[] = [this.count];
    let below = 0;
    for (const count of this.buckets) {
      below += count;
      values.push(below);
    }
    values.push(this.count, this.sum, this.count);
    return values;
  }
}

/**
 * Rate, errors and duration of each operation, counted as spans arrive: what a service that exports traces only has
 * for metrics.
 */
export class SpanMetrics {
  readonly #services = new Map<string, Service>();
  readonly #counters: DerivedCounters<Counter>;
  /** Names of operations that a service had, whatever its version. */
  readonly #names = new Map<string, Set<string>>();
  readonly #onOverflow: (service: string) => void;

  constructor(index: SeriesIndex, onOverflow: (service: string) => void) {
    this.#counters = new DerivedCounters(index, mostCounters, counter => this.#forget(counter));
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
    const counter = new Counter(service, operation, place);
    if (!this.#counters.add(counter)) {
      this.#onOverflow(service.identity.name);
      return undefined;
    }
    operation.counters[place] = counter;
    return counter;
  }

  #forget({ service, operation, place }: Counter): void {
    operation.counters[place] = undefined;
    if (operation.counters.every(one => one === undefined)) service.operations.delete(operation.name);
    if (service.operations.size === 0) this.#services.delete(service.key);
  }

  /** The samples of now; as `DerivedCounters.samples`. */
  samples(at: number, replica?: string): SampleRows {
    return this.#counters.samples(at, replica);
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
