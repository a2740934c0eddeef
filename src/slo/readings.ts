import { asFault, type DurationText, duration, epochMs, type Instant, instant } from '../kernel/index.ts';
import { countOf, type ObjectiveSli, type WindowCount } from './indicator.ts';

/** What this room asks of a source of metrics. */
export interface Metrics {
  instant(
    query: string,
    at: Instant,
    options?: { signal?: AbortSignal },
  ): Promise<{
    samples: readonly { value: number; labels?: Readonly<Record<string, string>> }[];
    scalar?: number | undefined;
  }>;
  /** Which source answers a query, where there are several. */
  sourceOf?(query: string): string;
}

/** Ten thousand objectives have eight questions each. */
const MAX_CACHED = 200_000;
/** Grids to which the time of a look at a window is rounded down, in ms: a minute is a multiple of each. */
const HOUR_MS = 3_600_000;
const GRIDS = [1_000, 5_000, 15_000, 30_000, 60_000];

/**
 * Readings of windows, each asked once: objectives, rules, gates and pages share them. A look at a window is taken at an
 * instant rounded down to a grid: at most 1/720 of a window up to an hour (1 s for 5 minutes, 5 s for an hour), 1/480 of a
 * longer one (15 s for two hours, 30 s for six). Long windows, which cost most, are asked seldom.
 */
export class Readings {
  readonly #metrics: Metrics;
  readonly #cache = new Map<string, { at: number; value: Promise<number | undefined> }>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  /** Bad and total over the window that ends at `at`; undefined when the source has nothing. */
  async count(
    sli: ObjectiveSli,
    window: DurationText,
    at: Instant,
    signal?: AbortSignal,
  ): Promise<WindowCount | undefined> {
    const when = onGrid(at, window);
    const { of, expr } = sli.counted;
    const part = () => this.value(expr(window), when, signal);
    if (of === 'ratio') {
      const ratio = await part();
      return ratio === undefined ? undefined : countOf(sli, ratio, 1);
    }
    const total = await this.value(sli.totalExpr(window), when, signal);
    if (total === undefined) return undefined;
    const counted = await part();
    return counted === undefined ? undefined : countOf(sli, counted, total);
  }

  /**
   * The one value of a query; undefined when it gives nothing, NaN or no finite number. A failure of the source is thrown,
   * not cached.
   */
  async value(query: string, at: Instant, signal?: AbortSignal): Promise<number | undefined> {
    const key = query;
    const cached = this.#cache.get(key);
    const ms = epochMs(at);
    if (cached?.at === ms)
      return cached.value.catch(error => {
        // Who asked first has lost patience; that is no answer for who asks with it.
        if (signal?.aborted || asFault(error).code !== 'cancelled') throw error;
        return this.#ask(query, at, signal);
      });
    const value = this.#ask(query, at, signal);
    if (this.#cache.size >= MAX_CACHED) this.#cache.delete(this.#cache.keys().next().value!);
    // The newest reading of an expression is the one that is asked again.
    if (cached === undefined || cached.at < ms) {
      this.#cache.delete(key);
      this.#cache.set(key, { at: ms, value });
      value.catch(() => {
        if (this.#cache.get(key)?.value === value) this.#cache.delete(key);
      });
    }
    return value;
  }

  async #ask(query: string, at: Instant, signal: AbortSignal | undefined): Promise<number | undefined> {
    const { samples, scalar } = await this.#metrics.instant(query, at, signal && { signal });
    const value =
      scalar ?? (samples.length === 0 ? undefined : samples.reduce((sum, one) => sum + one.value, 0));
    return Number.isFinite(value) ? value : undefined;
  }
}

const gridOf = new Map<string, number>();
const MOST_GRIDS = 1_000;

function onGrid(at: Instant, window: DurationText): Instant {
  let grid = gridOf.get(window);
  if (grid === undefined) {
    const length = duration(window);
    const finest = length / (length <= HOUR_MS ? 720 : 480);
    grid = GRIDS.findLast(each => each <= finest) ?? GRIDS[0]!;
    if (gridOf.size < MOST_GRIDS) gridOf.set(window, grid);
  }
  const ms = epochMs(at);
  return ms % grid === 0 ? at : instant(Math.floor(ms / grid) * grid);
}
