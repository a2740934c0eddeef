import type { Kernel } from '../kernel/index.ts';
import { type DeclaredLogMetric, LogCounters } from './log-counters.ts';
import type { SampleRows } from './sample-rows.ts';
import type { SeriesIndex } from './series-index.ts';
import { SpanMetrics } from './span-metrics.ts';

const leaseMs = 60_000;
/** Replicas that may count at a time. */
const mostReplicas = 100;

export interface DerivedMetricsOptions {
  index: SeriesIndex;
  /** Whether other replicas write to the same store. */
  shared: boolean;
  /** The LogMetrics that are declared now. */
  declared: () => Promise<readonly DeclaredLogMetric[]>;
  write: (rows: SampleRows) => Promise<void>;
}

/** The metrics that are made of spans and of logs as they arrive, and when they are written. */
export class DerivedMetrics {
  readonly spans: SpanMetrics;
  readonly logs: LogCounters;
  readonly #kernel: Kernel;
  readonly #options: DerivedMetricsOptions;
  /** The place among the replicas whose series are written here; numbers are used again, so that series stay few. */
  #replica: string | undefined;

  constructor(kernel: Kernel, options: DerivedMetricsOptions) {
    this.#kernel = kernel;
    this.#options = options;
    const operations = kernel.metrics.counter(
      'nines_span_operations_overflow_total',
      'Spans that were counted under "other" or not at all: their service has too many span names.',
      ['service'],
    );
    const logs = kernel.metrics.counter(
      'nines_log_metrics_overflow_total',
      'Log records that a metric did not count: there are too many counters.',
      ['metric'],
    );
    this.spans = new SpanMetrics(options.index, service => operations.inc({ service }));
    this.logs = new LogCounters(options.index, metric => logs.inc({ metric }));
  }

  /** Takes in what is declared, and writes the counters as samples of now. */
  async turn(now: number): Promise<void> {
    try {
      this.logs.declare(await this.#options.declared());
    } catch (error) {
      this.#kernel.log.warn({ error }, 'the LogMetrics could not be read; those known before are counted');
    }
    if (this.#options.shared && !(await this.#placed())) return;
    for (const metrics of [this.spans, this.logs]) {
      const rows = metrics.samples(now, this.#replica);
      if (rows.sampleCount > 0) await this.#options.write(rows);
    }
  }

  /** Keeps this replica's place among the others, or finds one. False while there is none. */
  async #placed(): Promise<boolean> {
    const { leases } = this.#kernel;
    const places = Array.from({ length: mostReplicas }, (_, place) => String(place));
    const own = this.#replica;
    try {
      for (const place of own === undefined ? places : [own, ...places])
        if (await leases.claim(`derived metrics ${place}`, leaseMs)) {
          this.#replica = place;
          return true;
        }
      return false;
    } catch (error) {
      // While the database is away nobody else can take the place either.
      if (own === undefined) throw error;
      return true;
    }
  }
}
