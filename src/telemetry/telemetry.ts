import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { SeenServices } from '../catalog/index.ts';
import { Fault, instant, type Kernel } from '../kernel/index.ts';
import { bytesOf } from './byte-size.ts';
import { CardinalityConfig, CardinalityGuard } from './cardinality.ts';
import { type Cardinality, cardinalityOf } from './cardinality-report.ts';
import { DerivedMetrics } from './derived-metrics.ts';
import { DiskConfig } from './disk.ts';
import { DiskGuard } from './disk-guard.ts';
import { type Downsampling, downsamplingOf, takenIn } from './downsampling.ts';
import { downsampleOld } from './downsampling-store.ts';
import type { SeriesExemplars } from './exemplar.ts';
import { exemplarsFor, exemplarsOf } from './exemplars.ts';
import { defaultIngestLimits, Ingest, type IngestResult, type Sent } from './ingest.ts';
import { layoutOf } from './layout.ts';
import { type LogTailQuestion, tailPredicate } from './log-follow.ts';
import { keptTemplates } from './log-patterns.ts';
import { LogTails, type TailItem } from './log-tail.ts';
import { LogTemplates } from './log-templates.ts';
import { Logs } from './logs.ts';
import { EmbeddedMetrics, type MetricsSource, type QueryEngine, type Window } from './metrics.ts';
import type { Signal } from './otlp/decode.ts';
import { fairPause } from './pause.ts';
import type { AlertingView } from './prometheus/alerting-view.ts';
import { type ApiRequest, PrometheusApi } from './prometheus/api.ts';
import type { WriteRequest } from './remote-write/message.ts';
import { SampleHead } from './sample-head.ts';
import { columnChanges, type Retention, retentionChanges, schema } from './schema.ts';
import { Scraping } from './scrape/scraping.ts';
import { seenServices } from './seen-services.ts';
import { selfSpanExporter } from './self-spans.ts';
import { type IndexedSeries, SeriesIndex, type SeriesType } from './series-index.ts';
import { type StoredSeries, storeSeries } from './series-source.ts';
import { chosenSource } from './sources/chosen.ts';
import { type Storage, storageOf } from './storage.ts';
import type { Store } from './store.ts';
import type { TelemetryOptions } from './telemetry-options.ts';
import { Traces } from './traces.ts';

/** How often other replicas' new series are looked for, over a shared store. */
const refreshEveryMs = 15_000;
const forgetEveryMs = 600_000;
const scrapeLeaseMs = 5_000;
const diskEveryMs = 15_000;
const derivedEveryMs = 5_000;
const downsamplingEveryMs = 300_000;
const refusedToldEveryMs = 3_600_000;

/** Metrics, logs and traces: taken in over OTLP, kept in ClickHouse, asked in PromQL and by what one wants to know. */
export class Telemetry {
  readonly metrics: MetricsSource;
  /** What the own store holds, also where others are asked for metrics. */
  readonly own: MetricsSource;
  readonly traces: Traces;
  readonly logs: Logs;
  /** Which services there are by what they send. */
  readonly seen: SeenServices;
  readonly #engine: MetricsSource & QueryEngine;
  readonly #series: StoredSeries;
  readonly #head: SampleHead | undefined;
  readonly #kernel: Kernel;
  readonly #store: Store;
  readonly #disk: DiskGuard;
  #mayShedUntil = 0;
  readonly #downsampling: Downsampling | undefined;
  readonly #retention: Retention;
  readonly #index: SeriesIndex;
  readonly #ingest: Ingest;
  readonly #tails = new LogTails();
  readonly #templates: LogTemplates;
  readonly #derived: DerivedMetrics;
  readonly #maxSeries: number;
  readonly #guard: CardinalityGuard;
  #toldRefusedAt = 0;
  readonly #scraping: Scraping | undefined;
  #mayScrapeUntil = 0;
  readonly #stopping = new AbortController();
  readonly #loops: Promise<void>[] = [];
  #opened: Promise<void> | undefined;
  #refreshedAt = 0;

  constructor(kernel: Kernel, options: TelemetryOptions) {
    const { store, retention = {}, limits = {} } = options;
    const cardinality = options.cardinality ?? CardinalityConfig.parse({});
    const {
      maxSeries = cardinality.series,
      maxSeriesPerMetric = cardinality.perMetric,
      ...ingestLimits
    } = limits;
    this.#kernel = kernel;
    if (store.cluster !== undefined && (options.disk ?? options.downsampling) !== undefined)
      throw new Fault('invalid', 'telemetry.disk and telemetry.downsampling are not for a cluster.', {
        hint: "A cluster's disks are bound by its own storage policies; take both settings out.",
      });
    this.#store = store;
    this.#retention = retention;
    this.#maxSeries = maxSeries;
    const refusedSeries = kernel.metrics.counter(
      'nines_series_refused_total',
      'New series that were refused, by the bound that they went past.',
      ['reason'],
    );
    this.#guard = new CardinalityGuard(
      { ...cardinality, series: maxSeries, perMetric: maxSeriesPerMetric },
      () => kernel.clock.now(),
      reason => refusedSeries.inc({ reason }),
    );
    this.#index = new SeriesIndex(this.#guard);
    this.#derived = new DerivedMetrics(kernel, {
      index: this.#index,
      shared: store.engine === 'clickhouse',
      declared: options.logMetrics ?? (async () => []),
      write: async rows => {
        // Counters: what is left out now is in what is written once there is room again.
        if (!this.#disk.refused.has('metrics')) await this.#ingest.addSamples(rows);
      },
    });
    const head =
      store.engine === 'chdb'
        ? new SampleHead({
            ...(options.memory === undefined ? {} : { maxBytes: bytesOf(options.memory) }),
            keptMs: retention.metrics,
            now: () => kernel.clock.now(),
          })
        : undefined;
    this.#downsampling =
      options.downsampling === undefined ? undefined : downsamplingOf(options.downsampling);
    this.#head = head;
    this.#disk = new DiskGuard(kernel, {
      store,
      folder: options.folder,
      config: options.disk ?? DiskConfig.parse({}),
      mayShed: store.engine === 'chdb' || options.disk !== undefined,
      onDropped: signals => {
        if (signals.has('metrics')) head?.clear();
      },
    });
    this.#templates = new LogTemplates({ now: () => kernel.clock.now() });
    this.#ingest = new Ingest(kernel, {
      tails: this.#tails,
      templates: this.#templates,
      admit: signal => this.#disk.admit(signal),
      head,
      store,
      index: this.#index,
      retention: takenIn(retention, this.#downsampling),
      limits: { ...defaultIngestLimits, ...ingestLimits },
      observe: service => this.#derived.spans.of(service),
      logCounters: this.#derived.logs,
    });
    this.#series = storeSeries(store, this.#index, head === undefined ? {} : { head });
    const own = new EmbeddedMetrics(this.#series, {
      ranges: options.ranges ?? 'left-open',
      pause: fairPause(),
    });
    this.own = own;
    this.#engine = chosenSource(own, options.metrics);
    this.metrics = this.#engine;
    const { scrape } = options;
    if (scrape !== undefined && scrape.scrape_configs.length > 0)
      this.#scraping = new Scraping(scrape, {
        clock: kernel.clock,
        log: kernel.log,
        metrics: kernel.metrics,
        append: request => this.#ingest.appendSamples(request),
        mayScrape: () => kernel.clock.now() < this.#mayScrapeUntil,
      });
    this.traces = new Traces(store);
    this.logs = new Logs(store);
    this.seen = seenServices(store, this.#engine);
  }

  /** Makes the tables and reads which series there are. Enough to ask; `start` also takes in. */
  open(): Promise<void> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  async start(): Promise<void> {
    await this.open();
    this.#loops.push(
      this.warm().catch(error => {
        if (!this.#stopping.signal.aborted)
          this.#kernel.log.warn({ error }, 'samples could not be read ahead; they are read when asked for');
      }),
    );
    this.#every('metrics of spans and logs', derivedEveryMs, () => this.writeDerivedMetrics());
    this.#every('series forgetting', forgetEveryMs, async now => {
      const { metrics } = this.#retention;
      if (metrics !== undefined) this.#index.forgetBefore(now - metrics);
    });
    // Of several replicas one drops what is too much; each knows what it may not take.
    this.#kernel.loops.start({
      name: 'telemetry disk',
      everyMs: diskEveryMs,
      run: async now => {
        this.#mayShedUntil = now + 3 * diskEveryMs;
      },
    });
    const downsampling = this.#downsampling;
    if (downsampling !== undefined)
      this.#kernel.loops.start({
        name: 'downsampling',
        everyMs: downsamplingEveryMs,
        run: async now => {
          const rewritten = await downsampleOld(this.#store, downsampling, now, this.#kernel.log);
          // Memory may hold what the store has no more: answers are to be the same after a restart.
          if (rewritten.some(({ table }) => table === 'nines_samples')) this.#head?.clear();
        },
      });
    this.#every('telling of refused series', 60_000, now => this.tellRefusedSeries(now));
    if (this.#disk.mayShed)
      this.#every('the bound of the disk', diskEveryMs, now => this.keepWithinDisk(now));
    if (this.#scraping !== undefined) {
      // Of several replicas one scrapes: who holds the lease may, for three turns of the loop.
      this.#kernel.loops.start({
        name: 'scraping',
        everyMs: scrapeLeaseMs,
        run: async now => {
          this.#mayScrapeUntil = now + 3 * scrapeLeaseMs;
        },
      });
      this.#scraping.start();
    }
    if (this.#store.engine === 'clickhouse')
      this.#every('series refresh', refreshEveryMs, () => this.#refresh());
  }

  /** Drops the oldest telemetry when the disk is getting full; runs every few seconds by itself. */
  async keepWithinDisk(now: number, shed = now < this.#mayShedUntil): Promise<void> {
    await this.#disk.turn(now, shed);
  }

  /** What telemetry takes on the disk, signal by signal, and what was given up. */
  storage(): Promise<Storage> {
    return storageOf(this.#kernel, this.#disk, this.#retention);
  }

  /** The worst metrics, labels and senders by series, what grew, and what was refused. */
  cardinality(limit: number): Promise<Cardinality> {
    return cardinalityOf(this.#index.all(), this.#guard, this.#kernel.clock.now(), limit, fairPause());
  }

  /** Tells people of series that were refused, at most once an hour; runs every minute by itself. */
  async tellRefusedSeries(now: number): Promise<void> {
    if (now - this.#toldRefusedAt < refusedToldEveryMs) return;
    const refused = this.#guard.refusedSince(this.#toldRefusedAt + 1);
    if (refused.length === 0) return;
    this.#toldRefusedAt = now;
    const worst = refused.slice(0, 5).map(({ metric, count, sentence }) => ({ metric, count, sentence }));
    this.#kernel.log.warn({ metrics: refused.length, worst }, 'new series were refused');
    await this.#kernel.events.emit('telemetry.series_refused', worst[0]!.metric, {
      metrics: refused.length,
      worst,
    });
  }

  /** Whether there is room on the disk for what comes, for `/readyz`. */
  diskCheck(): { ok: boolean; detail?: string } {
    return this.#disk.check();
  }

  /** Brings the newest samples into memory, so that the first short questions do not wait for the engine. */
  warm(): Promise<void> {
    return this.#series.warm(this.#stopping.signal);
  }

  /** Stores what was taken in, then ends. The store itself is closed by whoever opened it. */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    await this.#scraping?.stop();
    await Promise.allSettled(this.#loops);
    if (this.#loops.length > 0)
      await this.writeDerivedMetrics().catch(error =>
        this.#kernel.log.warn({ error }, 'the last metrics of spans and logs could not be stored'),
      );
    await this.#ingest.drain();
  }

  /** Stores an OTLP/HTTP request and gives the answer; resolves once the rows are stored. Throws as `Ingest.take`. */
  ingest(signal: Signal, body: Uint8Array, sent: Sent): Promise<IngestResult> {
    return this.#ingest.take(signal, body, sent);
  }

  /**
   * The log records that arrive at this server from now on, as far as they agree. Throws `invalid` for a query that
   * cannot be read, `overloaded` when too many follow already.
   */
  tailLogs(asked: LogTailQuestion, signal: AbortSignal): AsyncGenerator<TailItem> {
    return this.#tails.follow(tailPredicate(asked), AbortSignal.any([signal, this.#stopping.signal]));
  }

  ingestTraces(body: Uint8Array, contentType: string): Promise<IngestResult> {
    return this.ingest('traces', body, { contentType });
  }

  ingestLogs(body: Uint8Array, contentType: string): Promise<IngestResult> {
    return this.ingest('logs', body, { contentType });
  }

  ingestMetrics(body: Uint8Array, contentType: string): Promise<IngestResult> {
    return this.ingest('metrics', body, { contentType });
  }

  /** Stores samples that were taken here, as of probes. Throws `overloaded` or `unavailable`. */
  async appendSamples(request: WriteRequest): Promise<void> {
    const { rejected } = await this.#ingest.appendSamples(request);
    if (rejected.total > 0)
      this.#kernel.log.warn({ count: rejected.total }, `own samples were not taken: ${rejected.message}`);
  }

  /** Prometheus's HTTP API over these metrics, and the receiver of its remote write. */
  prometheus(options: { version: string; alerting?: AlertingView }) {
    const { clock, log } = this.#kernel;
    const api = new PrometheusApi({
      source: this.#engine,
      catalogue: () => this.catalogue(),
      exemplars: (selectors, fromMs, toMs) => exemplarsOf(this.#store, this.#index, selectors, fromMs, toMs),
      now: () => clock.now(),
      ...(this.#scraping === undefined ? {} : { targets: this.#scraping }),
      onDefect: (error, path) => log.error({ error, path }, "Prometheus's API failed unexpectedly"),
      ...options,
    });
    return {
      read: (request: ApiRequest) => api.handle(request),
      write: (body: Uint8Array, header: (name: string) => string | undefined) =>
        this.#ingest.takeWrite(body, header('content-type')),
    };
  }

  /** Each metric with its type, unit, help and how many series it has. */
  catalogue(): { metric: string; series: number; type: SeriesType; unit: string; help: string }[] {
    return this.#index.metrics();
  }

  /** Exemplars in the own store of all series that an expression asks. Throws `invalid`, `too_large`. */
  exemplars(query: string, window: Window): Promise<SeriesExemplars[]> {
    return exemplarsFor(this.#store, this.#index, query, window);
  }

  /** An exporter for the OpenTelemetry SDK that writes Nines's own spans into this store. */
  selfSpans(): SpanExporter {
    return selfSpanExporter(async request => {
      // What others may not send is not written by Nines itself either.
      if (!this.#disk.refused.has('traces')) await this.#ingest.addSpans(request);
    });
  }

  /** Writes the counters made of spans and logs as samples of now; runs every few seconds by itself. */
  writeDerivedMetrics(): Promise<void> {
    return this.#derived.turn(this.#kernel.clock.now());
  }

  async #open(): Promise<void> {
    const layout = layoutOf(this.#store.cluster);
    for (const statement of schema(this.#retention, layout)) await this.#store.exec(statement);
    const made = await this.#store.query<{ name: string; made: string }>(
      'SELECT name, create_table_query AS made FROM system.tables WHERE database = currentDatabase()',
    );
    const tables = new Map(made.map(({ name, made }) => [name, made]));
    const changes = [...columnChanges(tables, layout), ...retentionChanges(this.#retention, tables, layout)];
    for (const statement of changes) await this.#store.exec(statement);
    const count = await this.#refresh();
    this.#templates.restore(await keptTemplates(this.#store));
    this.#kernel.log.info({ engine: this.#store.engine, series: count }, 'the telemetry store is open');
  }

  /** Takes in the series that the store has and memory does not. */
  async #refresh(): Promise<number> {
    const now = this.#kernel.clock.now();
    // A row is at most an hour behind; another half covers clocks and batches.
    const since = this.#refreshedAt === 0 ? 0 : this.#refreshedAt - 5_400_000;
    const rows = await this.#store.query<Omit<IndexedSeries, 'writtenAt'>>(
      `SELECT id, any(s.metric) AS metric, any(s.labels) AS labels, argMax(s.type, (s.last_seen, s.type = 'nativehistogram')) AS type, any(s.unit) AS unit,
         any(s.help) AS help, toUnixTimestamp64Milli(min(s.first_seen)) AS firstSeen,
         toUnixTimestamp64Milli(max(s.last_seen)) AS lastSeen
       FROM nines_series AS s WHERE s.last_seen >= fromUnixTimestamp64Milli({since:Int64})
       GROUP BY id ORDER BY lastSeen DESC LIMIT {limit:UInt32}`,
      { since: Math.max(0, since), limit: this.#maxSeries },
      { maxRows: this.#maxSeries },
    );
    for (const row of rows) this.#index.restore({ ...row, writtenAt: row.lastSeen });
    this.#refreshedAt = now;
    return rows.length;
  }

  /** Runs in every replica, unlike the kernel's loops: each has counters of its own. */
  #every(what: string, everyMs: number, run: (now: number) => Promise<unknown>): void {
    const { clock, log } = this.#kernel;
    const { signal } = this.#stopping;
    const turn = async () => {
      while (!signal.aborted) {
        await clock.sleep(everyMs, signal).catch(() => {});
        if (signal.aborted) return;
        await run(clock.now()).catch(error =>
          log.error({ error, at: instant(clock.now()) }, `${what} failed; the next turn comes as planned`),
        );
      }
    };
    this.#loops.push(turn());
  }
}
