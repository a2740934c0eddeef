import { type Duration, epochMs, Fault, type Instant } from '../kernel/index.ts';
import {
  type Expr,
  type Labels,
  type Matcher,
  type MatrixResult,
  PromqlError,
  parse,
  parseSelector,
  type QueryOptions,
  type QueryRange,
  type QueryResult,
  queryInstant,
  queryRange,
  type SeriesSource,
} from './promql/index.ts';
import { functionHint, promqlFault, unknownFunction } from './promql-fault.ts';

export interface InstantSample {
  labels: Labels;
  /** NaN for a native histogram. */
  value: number;
}

export interface InstantResult {
  /** Empty for a scalar. No sample is no data, never zero. */
  samples: InstantSample[];
  scalar?: number;
  warnings: string[];
}

export interface RangeSeries {
  labels: Labels;
  /** Time in epoch ms and value; steps without a sample are left out. */
  points: [at: number, value: number][];
}

export interface RangeResult {
  series: RangeSeries[];
  warnings: string[];
}

export interface AskOptions {
  signal?: AbortSignal;
}

export interface Window {
  from: Instant;
  to: Instant;
}

/**
 * Whichever engine holds the samples: PromQL in, samples out. Throws `invalid` for what is no PromQL, `too_large` for
 * what asks for too much, `timeout` and `unavailable` as the engine does.
 */
export interface MetricsSource {
  readonly name: string;
  /** Evaluates at one instant. */
  instant(query: string, at: Instant, options?: AskOptions): Promise<InstantResult>;
  /** Evaluates at each step from `from` to `to`, both included. */
  range(query: string, window: Window & { step: Duration }, options?: AskOptions): Promise<RangeResult>;
  /** The label sets that agree with any of the selectors and may have samples in the window. */
  series(selectors: readonly string[], window?: Window): Promise<Labels[]>;
  labelNames(selectors?: readonly string[], window?: Window): Promise<string[]>;
  labelValues(name: string, selectors?: readonly string[], window?: Window): Promise<string[]>;
}

export interface EvaluateOptions extends AskOptions {
  /** How far an instant selector looks back for a sample; absent: as the source has it. */
  lookbackMs?: number;
}

/**
 * Whole answers, as Prometheus's HTTP API gives them: every type of value, native histograms, infos beside warnings.
 * Throws PromqlError, and what a `MetricsSource` throws.
 */
export interface QueryEngine {
  evaluate(query: string, atMs: number, options?: EvaluateOptions): Promise<QueryResult>;
  evaluateRange(query: string, range: QueryRange, options?: EvaluateOptions): Promise<MatrixResult>;
}

/** A source of series that also knows which series there are. */
export interface ListedSeries extends SeriesSource {
  list(matchers: readonly Matcher[], fromMs: number, toMs: number): readonly Labels[];
}

/** Queries that are remembered parsed, and the longest of them in characters. */
const mostRemembered = 1_000;
const longestRemembered = 2_000;

/** Most label sets of one answer. */
export const mostSeries = 10_000;

const CODES = {
  parse: 'invalid',
  execution: 'invalid',
  limit: 'too_large',
  canceled: 'cancelled',
} as const;

/** PromQL evaluated here, over any source of series. */
export class EmbeddedMetrics implements MetricsSource, QueryEngine {
  readonly name: string;
  readonly #source: ListedSeries;
  readonly #options: QueryOptions;
  /** The same rules, objectives and panels are asked over and over. */
  readonly #parsed = new Map<string, Expr>();

  constructor(source: ListedSeries, options: QueryOptions = {}, name = 'embedded') {
    this.name = name;
    this.#source = source;
    this.#options = { maxSamples: 20_000_000, ...options };
  }

  async evaluate(query: string, atMs: number, options: EvaluateOptions = {}): Promise<QueryResult> {
    return queryInstant(this.#source, this.#expr(query), atMs, { ...this.#options, ...options });
  }

  async evaluateRange(
    query: string,
    range: QueryRange,
    options: EvaluateOptions = {},
  ): Promise<MatrixResult> {
    return queryRange(this.#source, this.#expr(query), range, { ...this.#options, ...options });
  }

  async instant(query: string, at: Instant, options: AskOptions = {}): Promise<InstantResult> {
    return instantOf(await this.#told(query, () => this.evaluate(query, epochMs(at), options)));
  }

  async range(
    query: string,
    { from, to, step }: Window & { step: Duration },
    options: AskOptions = {},
  ): Promise<RangeResult> {
    const range = { startMs: epochMs(from), endMs: epochMs(to), stepMs: step };
    return rangeOf(await this.#told(query, () => this.evaluateRange(query, range, options)));
  }

  async series(selectors: readonly string[], window?: Window): Promise<Labels[]> {
    const seen = new Set<Labels>();
    for (const labels of await this.#listed(selectors, window)) seen.add(labels);
    if (seen.size > mostSeries) throw tooManySeries(seen.size);
    return [...seen];
  }

  async labelNames(selectors: readonly string[] = [], window?: Window): Promise<string[]> {
    const names = new Set<string>();
    for (const labels of await this.#listed(selectors, window))
      for (const name of Object.keys(labels)) names.add(name);
    return [...names].sort();
  }

  async labelValues(name: string, selectors: readonly string[] = [], window?: Window): Promise<string[]> {
    const values = new Set<string>();
    for (const labels of await this.#listed(selectors, window)) {
      const value = labels[name];
      if (value !== undefined) values.add(value);
    }
    return [...values].sort();
  }

  /** Runs what a query asks; its errors as faults, with the place and the names that may have been meant. */
  async #told<T>(query: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof PromqlError)) throw error;
      const name = unknownFunction(error.message);
      const hint =
        name === undefined
          ? undefined
          : functionHint(name, await this.labelValues('__name__').catch(() => []));
      throw promqlFault(CODES[error.kind], error.message, query, { hint, cause: error });
    }
  }

  /** Throws PromqlError. */
  #expr(query: string): Expr {
    const known = this.#parsed.get(query);
    if (known !== undefined) return known;
    const expr = parse(query);
    if (query.length > longestRemembered) return expr;
    if (this.#parsed.size >= mostRemembered) this.#parsed.clear();
    this.#parsed.set(query, expr);
    return expr;
  }

  async #listed(selectors: readonly string[], window: Window | undefined): Promise<Labels[]> {
    const fromMs = window === undefined ? Number.NEGATIVE_INFINITY : epochMs(window.from);
    const toMs = window === undefined ? Number.POSITIVE_INFINITY : epochMs(window.to);
    const all =
      selectors.length === 0
        ? [[]]
        : await Promise.all(
            selectors.map(text => this.#told(text, async () => parseSelector(text).matchers)),
          );
    return all.flatMap(matchers => this.#source.list(matchers, fromMs, toMs));
  }
}

export function tooManySeries(count: number): Fault {
  return new Fault('too_large', `${count} series agree; ${mostSeries} are the most of an answer.`, {
    hint: 'Add matchers that narrow it.',
  });
}

/** A whole answer as the rooms ask for it. Throws `invalid` for what is neither a vector nor a scalar. */
export function instantOf(answer: QueryResult): InstantResult {
  const warnings = [...answer.warnings];
  switch (answer.type) {
    case 'scalar':
      return { samples: [], scalar: answer.value, warnings };
    case 'vector':
      return { samples: answer.samples.map(({ labels, value }) => ({ labels, value })), warnings };
    default:
      throw new Fault(
        'invalid',
        `The query gives a ${answer.type === 'matrix' ? 'range vector' : 'string'}.`,
        {
          hint: 'Ask for an instant vector or a scalar, as rate(requests_total[5m]).',
        },
      );
  }
}

export function rangeOf({ series, warnings }: MatrixResult): RangeResult {
  return {
    series: series.map(({ labels, timestamps, values }) => ({
      labels,
      points: Array.from(timestamps, (at, index): [number, number] => [at, values[index]!]),
    })),
    warnings: [...warnings],
  };
}
