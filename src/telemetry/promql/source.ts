import type { Aggregate, Call, Matcher } from './ast.ts';
import type { Column, Grid } from './column.ts';
import type { Labels } from './labels.ts';
import type { NativeHistogram } from './native-histogram.ts';

/**
 * One series' samples, ascending by time.
 *
 * A sample is a float (`values[i]`), a native histogram (`histograms[i]`, then `values[i]` is ignored), or a
 * staleness marker (`stale[i] === 1`): the bits that mark staleness in Prometheus are a NaN, and JavaScript does not
 * keep NaNs apart. `startTimestamps[i]` is when sample i began to count, in ms; 0 when unknown.
 */
export interface Series {
  readonly labels: Labels;
  /** ms since the epoch */
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  readonly stale?: Uint8Array;
  readonly histograms?: readonly (NativeHistogram | undefined)[];
  readonly startTimestamps?: Float64Array;
}

/** What is asked of the series, so that a store may answer with less. Raw samples are always right. */
export interface SelectHint {
  /** The function or aggregation directly around the selector. */
  readonly func?: string;
  /** The range of a range selector, in ms. */
  readonly rangeMs?: number;
  readonly stepMs: number;
  readonly grouping?: { readonly without: boolean; readonly names: readonly string[] };
}

/**
 * A subtree that a source may answer as a whole, over every step of a grid:
 * - `range`: `rate|increase|delta|*_over_time(sel[w])`, one column a series, the metric's name taken off
 *   (kept for `last_over_time` and `first_over_time`);
 * - `aggregate`: `sum|avg|min|max|count by (…) (range or plain selector)`, one column a group.
 */
export interface PushableNode {
  readonly kind: 'range' | 'aggregate';
  readonly expr: Call | Aggregate;
  /** The aggregation, when kind is `aggregate`. */
  readonly aggregate?: {
    readonly op: 'sum' | 'avg' | 'min' | 'max' | 'count';
    readonly without: boolean;
    readonly names: readonly string[];
  };
  /** The range function; undefined for an instant selector under an aggregation. */
  readonly func?: string;
  readonly matchers: readonly Matcher[];
  /** Window in ms: the range, or the lookback of an instant selector. */
  readonly windowMs: number;
  /** What to subtract from each instant of the grid, in ms. */
  readonly offsetMs: number;
  /** `left-open`: (t - w, t]; `closed`: [t - w, t]. */
  readonly ranges: 'left-open' | 'closed';
}

/** Where series come from. */
export interface SeriesSource {
  /**
   * All series that agree with the matchers, with their samples in [startMs, endMs] (more is fine).
   * Label sets must be unique and free of empty values.
   */
  select(
    matchers: readonly Matcher[],
    startMs: number,
    endMs: number,
    hint?: SelectHint,
    signal?: AbortSignal,
  ): Promise<readonly Series[]>;

  /**
   * As `select`, in parts: each series whole and in one part only, in the order of `select`. A range function is then
   * evaluated part by part, so that the samples of many series over a long range are never held at once, and one part
   * is read while another is evaluated. `undefined` when it is not worth it, or for native histograms.
   */
  parts?(
    matchers: readonly Matcher[],
    startMs: number,
    endMs: number,
    signal?: AbortSignal,
  ): AsyncIterable<readonly Series[]> | undefined;

  /**
   * Push-down: answer a whole subtree, or `undefined` to have it evaluated here from raw samples.
   *
   * The answer must equal what this engine computes from `select`: the same windows, extrapolation
   * (rate, increase, delta), counter resets and staleness, with absent steps left absent. A source that holds
   * native histograms for the matchers must answer `undefined`.
   */
  evaluate?(node: PushableNode, grid: Grid, signal?: AbortSignal): Promise<SeriesMatrix | undefined>;
}

/** Columns over a grid. */
export type SeriesMatrix = readonly Column[];
