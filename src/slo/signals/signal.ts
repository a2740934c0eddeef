/** Counters that are added up. */
export interface Count {
  /** Selectors, as `http_requests_total{job="shop"}`. */
  selectors: readonly string[];
  /** They are native histograms, and their count is meant. */
  native?: boolean;
}

/** What the requests of one protocol, or the work of one kind, count. */
export interface RequestSignal {
  family: 'http' | 'grpc' | 'work' | 'spans' | 'logs';
  /** What is counted: requests, jobs, messages. */
  noun: string;
  all: Count;
  bad: Count;
  /** What ends well is, in words: `end without a server error (5xx)`. */
  well: string;
  /** What was taken for granted about the metrics, for a person to check. */
  assumes?: string;
}

export interface LatencySignal {
  family: RequestSignal['family'];
  noun: string;
  /** Without the suffix: _bucket, _count and _sum go with it where it is classic. */
  metric: string;
  matchers: string;
  native: boolean;
  /** Upper bounds in the metric's unit, as written, the smallest first; without +Inf. Any will do for a native one. */
  bounds: readonly string[];
  /** Milliseconds of one unit. */
  unitMs: number;
}

export interface UptimeSignal {
  /** `probe`: from outside; `exporter`: what it watches answers (pg_up); `scrape`: it answers Prometheus. */
  by: 'probe' | 'exporter' | 'scrape';
  what: string;
  /** A gauge of 0 and 1, or two counters. */
  gauge?: string;
  attempts?: string;
  failures?: string;
}

/** A value that must stay on one side of a bound, which the past tells. */
export interface LevelSignal {
  kind: 'freshness' | 'backlog' | 'quantile' | 'throughput';
  metric: string;
  expr: string;
  op: 'lte' | 'gte';
  unit: 's' | 'ms' | 'items' | 'per second';
  /** `the last success is at most {bound} old`. */
  says: string;
  /** What to do when it is over the bound. */
  act: string;
}

export interface SaturationSignal {
  what: string;
  /** The share in use, 0 to 1; undefined where no limit is known. */
  share?: string;
  /** The value itself, where no limit is known. */
  value?: string;
  /** For the name of a recording. */
  metric: string;
}

export interface Signals {
  /** The protocol that users feel first; spans and logs only where nothing better is there. */
  requests: RequestSignal[];
  latency: LatencySignal[];
  uptime?: UptimeSignal;
  levels: LevelSignal[];
  saturation: SaturationSignal[];
  /** Metrics that it exports. */
  metrics: string[];
  missing: { what: string; how: string }[];
}

/** Events a second over a window. */
export function rateOf({ selectors, native }: Count, window: string): string {
  return summed(selectors, selector =>
    native ? `sum(histogram_count(rate(${selector}[${window}])))` : `sum(rate(${selector}[${window}]))`,
  );
}

/** As the query of an OpenSLO metric source with `counter: true`. */
export function queryOf({ selectors, native }: Count): string {
  if (native === true) return summed(selectors, one => `sum(histogram_count(increase(${one}[{{.window}}])))`);
  return selectors.length === 1 ? selectors[0]! : summed(selectors, one => `sum(${one})`);
}

/** The first must be there: without it there is no data. The others appear with what they count. */
function summed(selectors: readonly string[], one: (selector: string) => string): string {
  const [first, ...others] = selectors;
  return [one(first!), ...others.map(other => `(${one(other)} or vector(0))`)].join(' + ');
}

export function selector(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${matchers.filter(one => one !== '').join(',')}}`;
}
