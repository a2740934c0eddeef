import { Annotations } from './annotation.ts';
import type { AtModifier, Duration, Expr, Subquery, VectorSelector } from './ast.ts';
import type { Column, Grid } from './column.ts';
import { resolved } from './duration.ts';
import { PromqlError } from './promql-error.ts';
import type { Series, SeriesSource } from './source.ts';

/** How a query is to be evaluated; everything has Prometheus' default. */
export interface QueryOptions {
  /** How far an instant selector looks back for a sample. Default 5 minutes. */
  readonly lookbackMs?: number;
  /** Which samples a range of width w holds at t: (t - w, t] since Prometheus 3, [t - w, t] before. */
  readonly ranges?: 'left-open' | 'closed';
  /** Label names that functions may make: any UTF-8 since Prometheus 3, `[a-zA-Z_][a-zA-Z0-9_]*` before. Follows `ranges`. */
  readonly labelNames?: 'utf-8' | 'legacy';
  /** Bound on the samples held at once. Default 50 million, as Prometheus' `--query.max-samples`. */
  readonly maxSamples?: number;
  /** Bound on the steps of a range query. Default 11,000, as Prometheus' API. */
  readonly maxSteps?: number;
  /** Step of subqueries that name none. Default 1 minute. */
  readonly subqueryStepMs?: number;
  /**
   * Keep metric names until the end, as Prometheus with `promql-delayed-name-removal`: `label_replace` may still read
   * the name of a rate. Default false.
   */
  readonly delayedNameRemoval?: boolean;
  /** Count the start of a counter as a zero sample, where series carry start timestamps. Default false. */
  readonly startTimestamps?: boolean;
  readonly signal?: AbortSignal;
  /** Called between blocks of work; may return a promise to let others run. */
  readonly pause?: () => Promise<void> | undefined;
}

/** One query being evaluated: its bounds, its options, what was fetched for it and what it has to say. */
export class Query {
  readonly source: SeriesSource;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  readonly lookbackMs: number;
  readonly closed: boolean;
  readonly delayedNames: boolean;
  readonly #legacyNames: boolean;
  readonly startTimestamps: boolean;
  readonly signal: AbortSignal | undefined;
  readonly pause: (() => Promise<void> | undefined) | undefined;
  readonly annotations = new Annotations();
  readonly fetched = new Map<VectorSelector, readonly Series[]>();
  /** The info series of each `info()` call. */
  readonly infos = new Map<Expr, readonly Series[]>();
  readonly pushed = new Map<Expr, readonly Column[]>();
  readonly #maxSamples: number;
  readonly #subqueryStepMs: number;
  #samples = 0;

  constructor(
    source: SeriesSource,
    bounds: { startMs: number; endMs: number; stepMs: number },
    options: QueryOptions,
  ) {
    this.source = source;
    this.startMs = bounds.startMs;
    this.endMs = bounds.endMs;
    this.stepMs = bounds.stepMs;
    this.lookbackMs = options.lookbackMs ?? 300_000;
    this.closed = options.ranges === 'closed';
    this.#legacyNames = (options.labelNames ?? (this.closed ? 'legacy' : 'utf-8')) === 'legacy';
    this.delayedNames = options.delayedNameRemoval ?? false;
    this.startTimestamps = options.startTimestamps ?? false;
    this.signal = options.signal;
    this.pause = options.pause;
    this.#maxSamples = options.maxSamples ?? 50_000_000;
    this.#subqueryStepMs = options.subqueryStepMs ?? 60_000;
  }

  /** Whether a function may make a label of this name. */
  isLabelName(name: string): boolean {
    return this.#legacyNames ? /^[A-Za-z_]\w*$/.test(name) : name !== '' && name.isWellFormed();
  }

  /** A duration of the query in ms. */
  duration(duration: Duration, positive = true): number {
    return resolved(duration, { stepMs: this.stepMs, rangeMs: this.endMs - this.startMs }, positive);
  }

  /** Account for samples held in memory. */
  hold(samples: number): void {
    this.#samples += samples;
    if (this.#samples > this.#maxSamples) {
      throw new PromqlError(
        'limit',
        'query processing would load too many samples into memory in query execution',
      );
    }
  }

  release(samples: number): void {
    this.#samples -= samples;
  }

  /** Stop when the caller has given up. */
  check(): void {
    if (this.signal?.aborted) throw new PromqlError('canceled', 'query was canceled in query execution');
  }

  /** The instants that a selector or subquery refers to, one a step of the grid. */
  refs(timed: { readonly offset?: Duration; readonly at?: AtModifier }, grid: Grid): Float64Array {
    const offset = timed.offset ? this.duration(timed.offset, false) : 0;
    const out = new Float64Array(grid.count);
    const { at } = timed;
    if (at)
      return out.fill(
        (at.kind === 'time' ? at.ms : at.kind === 'start' ? this.startMs : this.endMs) - offset,
      );
    for (let i = 0; i < grid.count; i++) out[i] = grid.startMs + i * grid.stepMs - offset;
    return out;
  }

  /** The grid that a subquery evaluates its inside on: multiples of its step within its reach. */
  subqueryGrid(subquery: Subquery, grid: Grid): Grid {
    const refs = this.refs(subquery, grid);
    const rangeMs = this.duration(subquery.range);
    const stepMs = subquery.step ? this.duration(subquery.step) : this.#subqueryStepMs;
    const least = refs[0]! - rangeMs;
    let startMs = Math.floor(least / stepMs) * stepMs;
    if (startMs < least || (!this.closed && startMs === least)) startMs += stepMs;
    const count = Math.max(0, Math.floor((refs.at(-1)! - startMs) / stepMs) + 1);
    if (count > 10_000_000) throw new PromqlError('limit', 'subquery has too many steps', subquery.position);
    return { startMs, stepMs, count };
  }
}
