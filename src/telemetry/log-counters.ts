import { DerivedCounter, DerivedCounters } from './derived-counters.ts';
import { identityLabels } from './identity-labels.ts';
import type { LogArrival } from './log-arrival.ts';
import { type LogMetricSpec, logMetricName } from './log-metric.ts';
import { logPredicate, type Matchable } from './log-query/match.ts';
import { parseLogQuery } from './log-query/parser.ts';
import type { LogSeen } from './log-rows.ts';
import { levelOf } from './log-severity.ts';
import { labelName } from './metric-name.ts';
import type { ServiceIdentity } from './otlp/envelope.ts';
import { type Labels, labelsKey } from './promql/labels.ts';
import type { SampleRows } from './sample-rows.ts';
import type { SeriesIndex, SeriesMeta } from './series-index.ts';

/** Named as the collector's count connector does by default: https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/connector/countconnector */
export const logRecords = 'log_record_count_total';
/** Counters of all services and metrics together. */
const mostCounters = 20_000;
/** Combinations of labels that one LogMetric tells apart; the records of others have `other` in each of its labels. */
const mostCombinations = 1_000;
const longestValue = 255;

/** A LogMetric as it is declared. */
export interface DeclaredLogMetric {
  name: string;
  spec: LogMetricSpec;
}

interface Metric {
  text: string;
  name: string;
  help: string;
  accepts: (record: Matchable) => boolean;
  by: readonly { key: string; label: string }[];
  /** The combinations of values that were seen. */
  combinations: Set<string>;
}

class Counter extends DerivedCounter {
  count = 0;
  readonly key: string;
  readonly #labels: Labels;
  readonly #help: string;

  constructor(key: string, labels: Labels, help: string) {
    super();
    this.key = key;
    this.#labels = labels;
    this.#help = help;
  }

  add(count = 1): void {
    this.count += count;
    this.fresh = true;
  }

  describe(): [Labels, SeriesMeta][] {
    return [[this.#labels, { type: 'counter', unit: '', help: this.#help }]];
  }

  values(): number[] {
    return [this.count];
  }
}

/**
 * Log records as metrics, counted as they arrive: of each service by severity, and whatever a LogMetric declares. An
 * objective or a rule over logs then reads series and no log.
 */
export class LogCounters {
  readonly #counters: DerivedCounters<Counter>;
  readonly #byKey = new Map<string, Counter>();
  readonly #onOverflow: (metric: string) => void;
  #metrics: readonly Metric[] = [];

  constructor(index: SeriesIndex, onOverflow: (metric: string) => void) {
    this.#counters = new DerivedCounters(index, mostCounters, counter => this.#byKey.delete(counter.key));
    this.#onOverflow = onOverflow;
  }

  /** Whether single records are to be looked at. */
  get declared(): boolean {
    return this.#metrics.length > 0;
  }

  /**
   * Counts the records of one request by service and severity. They count once they are stored: what was not is sent
   * again, and would count twice.
   */
  arriving(): { of(identity: ServiceIdentity): LogSeen; stored(): void } {
    const seen: { identity: ServiceIdentity; levels: Map<string, number> }[] = [];
    return {
      of: identity => {
        const levels = new Map<string, number>();
        seen.push({ identity, levels });
        return severity => {
          const level = levelOf(severity);
          levels.set(level, (levels.get(level) ?? 0) + 1);
        };
      },
      stored: () => {
        for (const { identity, levels } of seen)
          for (const [level, count] of levels) this.#ofLevel(identity, level)?.add(count);
      },
    };
  }

  /** The LogMetrics that hold from now on; the counters of those that stay go on. */
  declare(declared: readonly DeclaredLogMetric[]): void {
    const known = new Map(this.#metrics.map(metric => [metric.text, metric]));
    this.#metrics = declared.map(one => {
      const text = JSON.stringify([one.name, one.spec]);
      return known.get(text) ?? compiled(one, text);
    });
  }

  /** Counts records that were stored. */
  count(arrivals: readonly LogArrival[]): void {
    for (const metric of this.#metrics)
      for (const { record, identity } of arrivals)
        if (metric.accepts(record))
          this.#counter(metric.name, identity, labelsOf(metric, record), metric.help)?.add();
  }

  /** The samples of now; as `DerivedCounters.samples`. */
  samples(at: number, replica?: string): SampleRows {
    return this.#counters.samples(at, replica);
  }

  #ofLevel(identity: ServiceIdentity, level: string): Counter | undefined {
    const severity = level === '' ? 'UNSPECIFIED' : level.toUpperCase();
    return this.#counter(logRecords, identity, { severity }, 'Log records, by severity.');
  }

  #counter(metric: string, identity: ServiceIdentity, labels: Labels, help: string): Counter | undefined {
    const all = { __name__: metric, ...identityLabels(identity), ...labels };
    const key = labelsKey(all);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const made = new Counter(key, all, help);
    if (!this.#counters.add(made)) {
      this.#onOverflow(metric);
      return undefined;
    }
    this.#byKey.set(key, made);
    return made;
  }
}

function compiled({ name, spec }: DeclaredLogMetric, text: string): Metric {
  return {
    text,
    name: logMetricName(name),
    help: spec.description ?? `Log records that agree with ${spec.query}`,
    accepts: logPredicate(parseLogQuery(spec.query)),
    by: spec.by.map(key => ({ key, label: labelName(key) })),
    combinations: new Set(),
  };
}

function labelsOf({ by, combinations }: Metric, { attributes, resource }: Matchable): Labels {
  const values = by.map(({ key }) => (attributes[key] ?? resource[key] ?? '').slice(0, longestValue));
  const combination = values.join('\u0000');
  if (!combinations.has(combination)) {
    if (combinations.size >= mostCombinations) values.fill('other');
    else combinations.add(combination);
  }
  // A label without a value is no label.
  return Object.fromEntries(
    by.flatMap(({ label }, place) => (values[place] === '' ? [] : [[label, values[place]!]])),
  );
}
