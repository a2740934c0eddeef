import { CardinalityConfig, CardinalityGuard } from './cardinality.ts';
import type { Matcher } from './promql/ast.ts';
import { type Labels, labelsKey } from './promql/labels.ts';
import { matcherOf } from './promql/pattern.ts';

export type SeriesType =
  | 'counter'
  | 'gauge'
  | 'histogram'
  | 'summary'
  | 'nativehistogram'
  | 'info'
  | 'unknown';

export interface SeriesMeta {
  type: SeriesType;
  unit: string;
  help: string;
}

/** A series that the store knows. Times are epoch milliseconds. */
export interface IndexedSeries extends SeriesMeta {
  /** Below 2^53, so that it is exact as a number. */
  readonly id: number;
  readonly metric: string;
  readonly labels: Labels;
  /** The oldest and newest sample that we know of. */
  firstSeen: number;
  lastSeen: number;
  /** When its row was last stored; 0 when it never was. */
  writtenAt: number;
}

export interface SeriesLimits {
  maxSeries: number;
  maxSeriesPerMetric: number;
}

/** Selectors of one metric whose answers are remembered, and the most series that all of these may hold together. */
const mostSelections = 64;
const mostRemembered = 2_000_000;

/** How old a series' row may be before it is written again to move last_seen. */
export const rewriteAfterMs = 3_600_000;

/**
 * All series in memory: which exist, by metric, so that a query starts from ids, and a new one is known as new.
 * It holds as many as the limits say and never more.
 */
export class SeriesIndex {
  readonly #guard: CardinalityGuard;
  readonly #byKey = new Map<string, IndexedSeries>();
  readonly #byId = new Map<number, IndexedSeries>();
  readonly #byMetric = new Map<string, Set<IndexedSeries>>();
  /** What selectors with a metric's name found, until that metric's series change. */
  readonly #selections = new Map<string, Map<string, readonly IndexedSeries[]>>();
  #remembered = 0;
  readonly #unwritten = new Set<IndexedSeries>();
  /** Grows when series are forgotten: whoever holds series by reference has to look them up again. */
  generation = 0;

  constructor(limits: SeriesLimits | CardinalityGuard) {
    this.#guard = limits instanceof CardinalityGuard ? limits : guardOf(limits);
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The series of these labels, made when new. `undefined` when a limit is reached: the caller tells. */
  intern(labels: Labels, meta: SeriesMeta, at: number): IndexedSeries | undefined {
    const key = labelsKey(labels);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const metric = labels.__name__ ?? '';
    if (this.refusal(labels) !== undefined) return undefined;
    const series: IndexedSeries = {
      id: this.#freeId(metric, key),
      metric,
      labels,
      ...meta,
      firstSeen: at,
      lastSeen: at,
      writtenAt: 0,
    };
    this.#put(key, series, true);
    this.#unwritten.add(series);
    return series;
  }

  /** Why so many new series like this one may not be made, as a sentence; noted as refused. */
  refusal(labels: Labels, more = 1): string | undefined {
    const ofMetric = this.#byMetric.get(labels.__name__ ?? '')?.size ?? 0;
    return this.#guard.refusal(labels, more, this.#byKey.size, ofMetric);
  }

  /** Whether so many more series of a metric may be made, whoever sends them. */
  hasRoom(metric: string, more = 1): boolean {
    const { series, perMetric } = this.#guard.config;
    return this.#byKey.size + more <= series && (this.#byMetric.get(metric)?.size ?? 0) + more <= perMetric;
  }

  /** All series, in no order. */
  all(): Iterable<IndexedSeries> {
    return this.#byKey.values();
  }

  has(labels: Labels): boolean {
    return this.#byKey.has(labelsKey(labels));
  }

  /** Takes in a series as the store has it. */
  restore(series: IndexedSeries): void {
    const key = labelsKey(series.labels);
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      known.lastSeen = Math.max(known.lastSeen, series.lastSeen);
      return;
    }
    if (this.#byKey.size < this.#guard.config.series) this.#put(key, series, false);
  }

  /** Notes a sample, and that the series' row is to be stored with it when it is new or old. */
  touch(series: IndexedSeries, at: number): void {
    if (at > series.lastSeen) series.lastSeen = at;
    if (at < series.firstSeen) {
      series.firstSeen = at;
      this.#unwritten.add(series);
    }
    if (series.lastSeen - series.writtenAt > rewriteAfterMs) this.#unwritten.add(series);
  }

  /** The series whose rows are to be stored before the samples that are taken now. */
  takeUnwritten(): IndexedSeries[] {
    const out = [...this.#unwritten];
    this.#unwritten.clear();
    for (const series of out) series.writtenAt = series.lastSeen;
    return out;
  }

  /** Their rows could not be stored. */
  putBack(series: readonly IndexedSeries[]): void {
    for (const one of series) {
      one.writtenAt = 0;
      this.#unwritten.add(one);
    }
  }

  /** All series that agree with the matchers and may have samples in [fromMs, toMs], ordered by id. */
  select(
    matchers: readonly Matcher[],
    fromMs = Number.NEGATIVE_INFINITY,
    toMs = Number.POSITIVE_INFINITY,
  ): IndexedSeries[] {
    return this.#agreeing(matchers).filter(
      series =>
        // A row's last_seen lags behind the samples by as much as the time between two writings.
        series.lastSeen + rewriteAfterMs >= fromMs && series.firstSeen <= toMs,
    );
  }

  #agreeing(matchers: readonly Matcher[]): readonly IndexedSeries[] {
    const exact = matchers.find(matcher => matcher.name === '__name__' && matcher.op === '=');
    if (exact === undefined) return this.#found(undefined, matchers);
    const key = matchers.map(({ name, op, value }) => `${name}\u0000${op}\u0000${value}`).join('\u0000');
    const known = this.#selections.get(exact.value);
    const remembered = known?.get(key);
    if (remembered !== undefined) return remembered;
    const found = this.#found(
      exact.value,
      matchers.filter(matcher => matcher !== exact),
    );
    if (found.length === 0) return found;
    this.#remembered += found.length;
    if (this.#remembered > mostRemembered) {
      this.#selections.clear();
      this.#remembered = found.length;
    }
    if (known === undefined || !this.#selections.has(exact.value))
      this.#selections.set(exact.value, new Map([[key, found]]));
    else {
      // What is cleared here still counts: the bound is then met a little early.
      if (known.size >= mostSelections) known.clear();
      known.set(key, found);
    }
    return found;
  }

  #found(metric: string | undefined, matchers: readonly Matcher[]): IndexedSeries[] {
    const tests = matchers.map(matcher => [matcher.name, matcherOf(matcher)] as const);
    const names = tests.filter(([name]) => name === '__name__').map(([, test]) => test);
    const sets =
      metric === undefined
        ? [...this.#byMetric].filter(([name]) => names.every(test => test(name))).map(([, set]) => set)
        : [this.#byMetric.get(metric) ?? []];
    const out: IndexedSeries[] = [];
    for (const set of sets)
      for (const series of set)
        if (tests.every(([name, test]) => test(series.labels[name] ?? ''))) out.push(series);
    return out.sort((a, b) => a.id - b.id);
  }

  byId(id: number): IndexedSeries | undefined {
    return this.#byId.get(id);
  }

  /** Each metric with how many series it has, the largest first. */
  metrics(): { metric: string; series: number; type: SeriesType; unit: string; help: string }[] {
    return [...this.#byMetric]
      .map(([metric, set]) => {
        const [first] = set;
        return {
          metric,
          series: set.size,
          type: first?.type ?? 'unknown',
          unit: first?.unit ?? '',
          help: first?.help ?? '',
        };
      })
      .sort((a, b) => b.series - a.series || (a.metric < b.metric ? -1 : 1));
  }

  /** Forgets the series without a sample since then, as the store has. */
  forgetBefore(ms: number): number {
    let forgotten = 0;
    for (const [key, series] of this.#byKey) {
      if (series.lastSeen >= ms) continue;
      this.#guard.removed(series.labels);
      this.#byKey.delete(key);
      this.#byId.delete(series.id);
      this.#unwritten.delete(series);
      const set = this.#byMetric.get(series.metric);
      set?.delete(series);
      this.#selections.delete(series.metric);
      if (set?.size === 0) this.#byMetric.delete(series.metric);
      forgotten += 1;
    }
    if (forgotten > 0) this.generation += 1;
    return forgotten;
  }

  #put(key: string, series: IndexedSeries, fresh: boolean): void {
    this.#guard.added(series.labels, fresh);
    this.#byKey.set(key, series);
    this.#byId.set(series.id, series);
    let set = this.#byMetric.get(series.metric);
    if (set === undefined) {
      set = new Set();
      this.#byMetric.set(series.metric, set);
    }
    set.add(series);
    this.#selections.delete(series.metric);
  }

  /**
   * Twelve bits of a hash of the metric's name and 41 of one of the labels, the same in every process; a taken one gives
   * way to the next. The series of a metric, which are asked for together, thus stand together in the store.
   */
  #freeId(metric: string, key: string): number {
    let id = (hash53(metric) % 2 ** 12) * 2 ** 41 + (hash53(key) % 2 ** 41);
    while (this.#byId.has(id)) id = (id + 1) % Number.MAX_SAFE_INTEGER;
    return id;
  }
}

/** Two multiplicative hashes of 32 bits side by side, mixed at the end as MurmurHash3 does; 53 bits of them. */
function hash53(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    a = Math.imul(a ^ code, 0x9e3779b1);
    b = Math.imul(b ^ code, 0x5f356495);
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return (b >>> 11) * 2 ** 32 + (a >>> 0);
}

/** Only the bounds of the index itself. */
function guardOf({ maxSeries, maxSeriesPerMetric }: SeriesLimits): CardinalityGuard {
  return new CardinalityGuard({
    ...CardinalityConfig.parse({}),
    series: maxSeries,
    perMetric: maxSeriesPerMetric,
    perTenant: maxSeries,
    newPerMinute: Number.POSITIVE_INFINITY,
  });
}
