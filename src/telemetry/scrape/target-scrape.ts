import { messageOf } from '../../kernel/index.ts';
import type { IncomingSeries, WriteRequest } from '../remote-write/message.ts';
import type { ScrapeConfig } from './config.ts';
import { credentialHeaders } from './credentials.ts';
import {
  type ExposedSample,
  type Exposition,
  type NumericLabel,
  parseExposition,
  parseSeries,
} from './exposition.ts';
import { relabel } from './relabel.ts';
import { boundedText } from './request.ts';
import { mergedLabels, type Target } from './target.ts';

type Pairs = IncomingSeries['labels'];

export interface Scraped {
  request: WriteRequest;
  ok: boolean;
  error?: string;
  seconds: number;
}

/** In order of preference, as Prometheus asks for them; native histograms come by protobuf only, which is not asked for. */
const accept =
  'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';

/** One target over time: it knows which series it had, so that those that are gone can be marked as ended. */
export class TargetScrape {
  readonly target: Target;
  readonly #job: ScrapeConfig;
  readonly #fetch: typeof fetch;
  /** Labels by the text of a series, undefined where relabelling drops it; what a scrape does not show is forgotten. */
  #known = new Map<string, Pairs | undefined>();
  /** Series of the last scrape without a time of their own, by their labels. */
  #last = new Map<string, Pairs>();

  constructor(target: Target, job: ScrapeConfig, fetching: typeof fetch) {
    this.target = target;
    this.#job = job;
    this.#fetch = fetching;
  }

  /** Scrapes once; what goes wrong is part of the answer. `at` is the time of the samples. */
  async scrape(at: number, signal: AbortSignal): Promise<Scraped> {
    const started = performance.now();
    try {
      const exposition = await this.#exposition(signal);
      const seconds = (performance.now() - started) / 1000;
      const { series, kept, added } = this.#series(exposition.samples, at);
      const reports = this.#reports(at, 1, seconds, exposition.samples.length, kept, added);
      return {
        request: { series: [...series, ...reports], metadata: exposition.metadata },
        ok: true,
        seconds,
      };
    } catch (error) {
      if (signal.aborted) throw error;
      const seconds = (performance.now() - started) / 1000;
      const series = [...this.ended(at), ...this.#reports(at, 0, seconds, 0, 0, 0)];
      const timedOut = error instanceof Error && error.name === 'TimeoutError';
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      const why = timedOut ? `no answer within ${this.target.timeoutMs / 1000} s` : messageOf(cause);
      return { request: { series, metadata: [] }, ok: false, error: why.slice(0, 400), seconds };
    }
  }

  /** Marks for all series of the last scrape: they have ended. */
  ended(at: number): IncomingSeries[] {
    const series = [...this.#last.values()].map(labels => seriesOf(labels, at, undefined));
    this.#last = new Map();
    return series;
  }

  /** Marks for the target's own series too, when it is not scraped any more. */
  gone(at: number): IncomingSeries[] {
    return [...this.ended(at), ...reportNames.map(name => seriesOf(this.#reportLabels(name), at, undefined))];
  }

  async #exposition(signal: AbortSignal): Promise<Exposition> {
    const { url, timeoutMs } = this.target;
    const response = await this.#fetch(url, {
      headers: {
        accept,
        'user-agent': 'nines',
        'x-prometheus-scrape-timeout-seconds': String(timeoutMs / 1000),
        ...(await credentialHeaders(this.#job)),
      },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const text = await boundedText(response, this.#job.body_size_limit, { strict: true });
    if (response.status !== 200) throw new Error(`the target answered with HTTP status ${response.status}`);
    const type = response.headers.get('content-type') ?? '';
    return parseExposition(text, /^application\/openmetrics-text\b/i.test(type) ? 'openmetrics' : 'text');
  }

  #series(samples: readonly ExposedSample[], at: number) {
    const { sample_limit: limit, honor_timestamps: honor } = this.#job;
    const known = new Map<string, Pairs | undefined>();
    const current = new Map<string, Pairs>();
    const series: IncomingSeries[] = [];
    for (const { series: text, value, at: own, exemplar, numeric } of samples) {
      let labels = known.get(text);
      if (labels === undefined && !known.has(text)) {
        labels = this.#known.has(text) ? this.#known.get(text) : this.#labels(text, numeric);
        known.set(text, labels);
      }
      if (labels === undefined) continue;
      const time = honor && own !== undefined ? own : at;
      const one = seriesOf(labels, time, value);
      if (exemplar !== undefined && lengthOf(exemplar.labels) <= longestExemplar)
        one.exemplars.push({ labels: exemplar.labels, value: exemplar.value, at: exemplar.at ?? time });
      series.push(one);
      if (limit > 0 && series.length > limit)
        throw new Error(`the target has more samples than sample_limit (${limit}) lets in`);
      if (!honor || own === undefined) current.set(keyOf(labels), labels);
    }
    let added = 0;
    for (const key of current.keys()) if (!this.#last.has(key)) added += 1;
    const kept = series.length;
    for (const [key, labels] of this.#last)
      if (!current.has(key)) series.push(seriesOf(labels, at, undefined));
    this.#known = known;
    this.#last = current;
    return { series, kept, added };
  }

  #labels(text: string, numeric: NumericLabel | undefined): Pairs | undefined {
    const merged = mergedLabels(labelsOf(text, numeric), this.target.labels, this.#job.honor_labels);
    const kept = relabel(merged, this.#job.metric_relabel_configs);
    if (kept === undefined) return undefined;
    if (kept.__name__ === undefined) throw new Error('relabelling leaves a series without a name');
    return Object.entries(kept);
  }

  #reports(at: number, up: 0 | 1, seconds: number, scraped: number, kept: number, added: number) {
    const values = [up, seconds, scraped, kept, added];
    return reportNames.map((name, i) => seriesOf(this.#reportLabels(name), at, values[i]!));
  }

  #reportLabels(name: string): Pairs {
    return [['__name__', name], ...Object.entries(this.target.labels)];
  }
}

/** Characters of an exemplar's labels, as OpenMetrics has it; a longer one is left out, as Prometheus does. */
const longestExemplar = 128;
const lengthOf = (labels: Pairs) => labels.reduce((sum, pair) => sum + [...pair.join('')].length, 0);

/** What Prometheus tells of every scrape: https://prometheus.io/docs/concepts/jobs_instances/ */
const reportNames = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
];

/** The labels of a series' text. A text that is none fails the scrape, and is shown. */
function labelsOf(text: string, numeric: NumericLabel | undefined): Pairs {
  try {
    return parseSeries(text, numeric);
  } catch (cause) {
    throw new Error(`${text.slice(0, 120)}: ${messageOf(cause)}`);
  }
}

function seriesOf(labels: Pairs, at: number, value: number | undefined): IncomingSeries {
  return { labels, samples: [{ at, value }], histograms: [], exemplars: [] };
}

function keyOf(labels: Pairs): string {
  return labels
    .map(([name, value]) => `${name}\u0000${value}`)
    .sort()
    .join('\u0001');
}
