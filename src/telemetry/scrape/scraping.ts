import { type Clock, type Log, type Metrics, messageOf } from '../../kernel/index.ts';
import type { IncomingSeries, WriteRequest } from '../remote-write/message.ts';
import { type ScrapeConfig, type ScrapingConfig, timesOf } from './config.ts';
import { type DiscoveredGroup, discoveriesOf } from './discovery.ts';
import { followKubernetes } from './kubernetes/discovery.ts';
import { type Target, targetsOf } from './target.ts';
import { TargetScrape } from './target-scrape.ts';
import { fetchWith } from './tls.ts';

export interface ScrapingOptions {
  clock: Clock;
  log: Log;
  metrics: Metrics;
  /** Stores samples; throws when they could not be. */
  append: (request: WriteRequest) => Promise<{ rejected: { total: number; message: string } }>;
  /** Whether this process is the one that scrapes, of several over one database. */
  mayScrape?: () => boolean;
  fetch?: typeof fetch;
}

interface Running {
  scrape: TargetScrape;
  stop: AbortController;
  lastAt: number;
  lastSeconds: number;
  lastError: string;
  health: 'unknown' | 'up' | 'down';
}

interface Pool {
  job: ScrapeConfig;
  fetch: typeof fetch;
  running: Map<string, Running>;
  dropped: readonly Readonly<Record<string, string>>[];
  found: DiscoveredGroup[][];
}

/** Scrapes the configured targets, each at its own offset within its interval. */
export class Scraping {
  readonly #config: ScrapingConfig;
  readonly #options: ScrapingOptions;
  readonly #fetch: typeof fetch;
  readonly #pools: Pool[];
  readonly #loops = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #scrapes: ReturnType<Metrics['counter']>;

  constructor(config: ScrapingConfig, options: ScrapingOptions) {
    this.#config = config;
    this.#options = options;
    this.#fetch = options.fetch ?? fetch;
    this.#pools = config.scrape_configs.map(job => ({
      job,
      fetch: job.tls_config === undefined ? this.#fetch : fetchWith(job.tls_config, this.#fetch),
      running: new Map(),
      dropped: [],
      found: [],
    }));
    this.#scrapes = options.metrics.counter(
      'nines_scrapes_total',
      'Scrapes by job and by how they ended: ok, failed (the target), not_stored (the own store).',
      ['job', 'outcome'],
    );
  }

  start(): void {
    for (const pool of this.#pools) {
      const discoveries = discoveriesOf(pool.job, this.#fetch);
      const clusters = pool.job.kubernetes_sd_configs;
      pool.found = [...discoveries, ...clusters].map(() => []);
      this.#sync(pool);
      for (const [index, config] of clusters.entries())
        this.#run(
          signal =>
            followKubernetes(
              config,
              {
                clock: this.#options.clock,
                log: this.#options.log,
                found: groups => {
                  pool.found[discoveries.length + index] = groups;
                  this.#sync(pool);
                },
              },
              signal,
            ),
          this.#stopping.signal,
        );
      for (const [index, discovery] of discoveries.entries())
        this.#run(async signal => {
          const { clock, log } = this.#options;
          while (!signal.aborted) {
            try {
              pool.found[index] = await discovery.find(signal);
              this.#sync(pool);
            } catch (error) {
              if (!signal.aborted)
                log.warn(
                  { error, job: pool.job.job_name },
                  'targets could not be found anew; the known ones stay',
                );
            }
            await clock.sleep(discovery.everyMs, signal).catch(() => {});
          }
        }, this.#stopping.signal);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.allSettled(this.#loops);
  }

  /** `data` of /api/v1/targets. */
  targets(state: string): unknown {
    const active = this.#pools.flatMap(({ job, running }) =>
      [...running.values()].map(one => targetJson(job.job_name, one)),
    );
    const dropped = this.#pools.flatMap(({ dropped }) =>
      dropped.map(discoveredLabels => ({ discoveredLabels })),
    );
    const counts = this.#pools.map(({ job, dropped }) => [job.job_name, dropped.length] as const);
    return {
      activeTargets: state === 'dropped' ? [] : active,
      droppedTargets: state === 'active' ? [] : dropped,
      droppedTargetCounts: Object.fromEntries(counts),
    };
  }

  /** Begins with targets that are new and ends with those that are gone. */
  #sync(pool: Pool): void {
    const { job, running } = pool;
    const { active, dropped, problems } = targetsOf(job, timesOf(job, this.#config.global), [
      ...job.static_configs,
      ...pool.found.flat(),
    ]);
    for (const problem of new Set(problems)) this.#options.log.warn({ job: job.job_name }, problem);
    pool.dropped = dropped;
    const wanted = new Set(active.map(({ key }) => key));
    for (const [key, one] of running) {
      if (wanted.has(key)) continue;
      running.delete(key);
      one.stop.abort();
    }
    for (const target of active) if (!running.has(target.key)) this.#begin(pool, target);
  }

  #begin(pool: Pool, target: Target): void {
    const one: Running = {
      scrape: new TargetScrape(target, pool.job, pool.fetch),
      stop: new AbortController(),
      lastAt: 0,
      lastSeconds: 0,
      lastError: '',
      health: 'unknown',
    };
    pool.running.set(target.key, one);
    const signal = AbortSignal.any([one.stop.signal, this.#stopping.signal]);
    this.#run(async () => {
      const { clock } = this.#options;
      let due = firstDue(target, clock.now());
      while (!signal.aborted) {
        await clock.sleep(Math.max(0, due - clock.now()), signal).catch(() => {});
        if (signal.aborted) break;
        if (this.#options.mayScrape?.() ?? true) await this.#turn(pool.job, one, due, signal);
        // A turn that took long does not make the following ones come at once.
        const now = clock.now();
        due += target.intervalMs * Math.max(1, Math.ceil((now - due) / target.intervalMs));
      }
      // Gone, not stopped: after a stop it goes on where it was.
      if (!this.#stopping.signal.aborted && one.lastAt > 0)
        await this.#store(pool.job, { series: one.scrape.gone(clock.now()), metadata: [] });
    }, signal);
  }

  async #turn(job: ScrapeConfig, one: Running, at: number, signal: AbortSignal): Promise<void> {
    try {
      const { request, ok, error, seconds } = await one.scrape.scrape(at, signal);
      const changed = one.health !== (ok ? 'up' : 'down');
      Object.assign(one, {
        lastAt: at,
        lastSeconds: seconds,
        lastError: error ?? '',
        health: ok ? 'up' : 'down',
      });
      if (!ok && changed)
        this.#options.log.warn({ job: job.job_name, url: one.scrape.target.url, error }, 'a scrape failed');
      const stored = await this.#store(job, request);
      this.#scrapes.inc({ job: job.job_name, outcome: stored ? (ok ? 'ok' : 'failed') : 'not_stored' });
    } catch (error) {
      if (!signal.aborted)
        this.#options.log.error({ error, job: job.job_name }, 'a scrape failed unexpectedly');
    }
  }

  async #store(job: ScrapeConfig, request: { series: IncomingSeries[]; metadata: WriteRequest['metadata'] }) {
    try {
      const { rejected } = await this.#options.append(request);
      if (rejected.total > 0)
        this.#options.log.warn(
          { job: job.job_name },
          `samples of a scrape were not taken: ${rejected.message}`,
        );
      return true;
    } catch (error) {
      this.#options.log.warn({ job: job.job_name }, `a scrape could not be stored: ${messageOf(error)}`);
      return false;
    }
  }

  #run(run: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): void {
    const loop = run(signal).catch(error =>
      this.#options.log.error({ error }, 'scraping ended unexpectedly'),
    );
    this.#loops.add(loop);
    loop.finally(() => this.#loops.delete(loop));
  }
}

/** The same place in every interval, spread over it by the target, so that not all are asked at once. */
function firstDue({ key, intervalMs }: Target, now: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  const offset = (hash >>> 0) % intervalMs;
  const due = Math.floor(now / intervalMs) * intervalMs + offset;
  return due < now ? due + intervalMs : due;
}

function targetJson(pool: string, { scrape, lastAt, lastSeconds, lastError, health }: Running) {
  const { discovered, labels, url, intervalMs, timeoutMs } = scrape.target;
  return {
    discoveredLabels: discovered,
    labels,
    scrapePool: pool,
    scrapeUrl: url,
    globalUrl: url,
    lastError,
    lastScrape: lastAt === 0 ? '0001-01-01T00:00:00Z' : new Date(lastAt).toISOString(),
    lastScrapeDuration: lastSeconds,
    health,
    scrapeInterval: `${intervalMs / 1000}s`,
    scrapeTimeout: `${timeoutMs / 1000}s`,
  };
}
