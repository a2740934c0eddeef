import { type Duration, Fault, type Instant } from '../../kernel/index.ts';
import type { AskOptions, EvaluateOptions, MetricsSource, QueryEngine, Window } from '../metrics.ts';
import { type Matcher, parse, parseSelector, type QueryRange, selectorsOf } from '../promql/index.ts';

type Source = MetricsSource & QueryEngine;

/** Labels by which a selector names a service: the own store's, a common one, and that of scraped targets. */
const serviceLabels: ReadonlySet<string> = new Set(['service_name', 'service', 'job']);

/**
 * Sends what is asked about a service to that service's source, all else to the default. Throws `invalid` for a query
 * that no one source can answer: half an answer would look like a whole one.
 */
export class RoutedMetrics implements MetricsSource, QueryEngine {
  readonly #fallback: Source;
  readonly #services: ReadonlyMap<string, Source>;

  constructor(fallback: Source, services: ReadonlyMap<string, Source>) {
    this.#fallback = fallback;
    this.#services = services;
  }

  get name(): string {
    return this.#fallback.name;
  }

  async evaluate(query: string, atMs: number, options?: EvaluateOptions) {
    return this.#sourceOf(query).evaluate(query, atMs, options);
  }

  async evaluateRange(query: string, range: QueryRange, options?: EvaluateOptions) {
    return this.#sourceOf(query).evaluateRange(query, range, options);
  }

  async instant(query: string, at: Instant, options?: AskOptions) {
    return this.#sourceOf(query).instant(query, at, options);
  }

  async range(query: string, window: Window & { step: Duration }, options?: AskOptions) {
    return this.#sourceOf(query).range(query, window, options);
  }

  async series(selectors: readonly string[], window?: Window) {
    return this.#sourceOfAll(selectors).series(selectors, window);
  }

  async labelNames(selectors: readonly string[] = [], window?: Window) {
    return this.#sourceOfAll(selectors).labelNames(selectors, window);
  }

  async labelValues(name: string, selectors: readonly string[] = [], window?: Window) {
    return this.#sourceOfAll(selectors).labelValues(name, selectors, window);
  }

  /** The name of the source that answers a query; the default's for what no one source can answer. */
  sourceOf(query: string): string {
    try {
      return this.#sourceOf(query).name;
    } catch {
      return this.name;
    }
  }

  #sourceOf(query: string): Source {
    return this.#chosen(() => selectorsOf(parse(query)).map(({ matchers }) => matchers));
  }

  #sourceOfAll(selectors: readonly string[]): Source {
    return this.#chosen(() => selectors.map(text => parseSelector(text).matchers));
  }

  /** The source that all selectors agree on. What is no PromQL goes to the default, which says so. */
  #chosen(read: () => readonly (readonly Matcher[])[]): Source {
    let selectors: readonly (readonly Matcher[])[];
    try {
      selectors = read();
    } catch {
      return this.#fallback;
    }
    const sources = new Set(selectors.map(matchers => this.#named(matchers) ?? this.#fallback));
    const [only] = sources;
    if (sources.size > 1)
      throw new Fault('invalid', 'The query asks for services whose metrics are in different places.', {
        hint: `Ask one at a time: ${[...sources].map(({ name }) => name).join(', ')}.`,
        field: 'query',
      });
    return only ?? this.#fallback;
  }

  #named(matchers: readonly Matcher[]): Source | undefined {
    for (const { name, op, value } of matchers) {
      const source = op === '=' && serviceLabels.has(name) ? this.#services.get(value) : undefined;
      if (source !== undefined) return source;
    }
    return undefined;
  }
}
