import { rmSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { Alerts, alertingMigrations } from './alerting/index.ts';
import { alertingView } from './alerting-view.ts';
import { takeBackup } from './backup.ts';
import { budgetCauses } from './budget-causes.ts';
import { budgetGate } from './budget-gate.ts';
import { Catalog, catalogMigrations, KnownServices, Service } from './catalog/index.ts';
import { chaosMigrations, Drills } from './chaos/index.ts';
import type { Config } from './config.ts';
import { Deploys, deployMigrations } from './deploy/index.ts';
import { diskCheck } from './disk.ts';
import { drillWorld } from './drill-world.ts';
import { Incidents, incidentMigrations } from './incident/index.ts';
import { Investigations, investigationMigrations } from './investigation/index.ts';
import {
  type CallRequest,
  createCall,
  createKernel,
  type Database,
  duration,
  epochMs,
  Fault,
  type Folder,
  instant,
  type Kernel,
  type Log,
  type Metrics,
  openPglite,
  openPostgres,
  startTracing,
} from './kernel/index.ts';
import { kinds } from './kinds.ts';
import { channelsOf, Notifications, notifyMigrations } from './notify/index.ts';
import { OnCall, oncallMigrations } from './oncall/index.ts';
import { Guard, localPlatform, Platforms, platformMigrations } from './platform/index.ts';
import { Postmortems, postmortemMigrations } from './postmortem/index.ts';
import { postmortemFacts } from './postmortem-facts.ts';
import { react } from './reactions.ts';
import { Runbooks, runbookMigrations } from './runbook/index.ts';
import { Slos, sloMigrations } from './slo/index.ts';
import { keepStateBounded } from './state-retention.ts';
import {
  LogMetric,
  openChdb,
  openClickHouse,
  Probes,
  probeMigrations,
  type Store,
  Telemetry,
} from './telemetry/index.ts';
import { objectiveReadings } from './verification.ts';
import { version } from './version.ts';

export interface AppOptions {
  folder: Folder;
  config: Config;
  log: Log;
  metrics: Metrics;
  /** By which the local platform's processes send telemetry, where a token is needed. */
  ingestToken?: string | undefined;
}

export type App = Awaited<ReturnType<typeof openApp>>;
export type Rooms = App['rooms'];

const MIGRATIONS = [
  ...catalogMigrations,
  ...probeMigrations,
  ...sloMigrations,
  ...notifyMigrations,
  ...oncallMigrations,
  ...platformMigrations,
  ...deployMigrations,
  ...runbookMigrations,
  ...alertingMigrations,
  ...incidentMigrations,
  ...investigationMigrations,
  ...postmortemMigrations,
  ...chaosMigrations,
];

/** Puts the rooms together over a data folder. `start` runs everything; `open` is enough to ask and to store. */
export async function openApp({ folder, config, log, metrics, ingestToken }: AppOptions) {
  const db: Database =
    config.database.url === undefined
      ? await openPglite(folder.at('state'))
      : await openPostgres(config.database.url);
  const kernel = createKernel({ db, log, metrics });
  const store = await openStore(config, folder).catch(async error => {
    await db.close();
    throw error;
  });
  /** The address that answers, known once it does. */
  let address = '';
  /** How people reach it; links in messages begin with it. */
  const publicUrl = () => config.publicUrl?.replace(/\/+$/, '') ?? address;

  const catalog = new Catalog(kernel, kinds);
  const telemetry = new Telemetry(kernel, {
    store,
    retention: retentionOf(config),
    disk: config.telemetry.disk,
    cardinality: config.telemetry.cardinality,
    downsampling: config.telemetry.downsampling,
    memory: config.telemetry.memory,
    folder: config.telemetry.clickhouse === undefined ? folder.at('telemetry') : undefined,
    ranges: config.telemetry.ranges,
    metrics: config.telemetry.metrics,
    scrape: config.telemetry.scrape,
    logMetrics: async () =>
      (await catalog.list(LogMetric)).map(({ metadata, spec }) => ({ name: metadata.name, spec })),
  });
  const services = new KnownServices(catalog, telemetry.seen);
  const probes = new Probes(kernel, catalog, {
    config: config.probes,
    append: request => telemetry.appendSamples(request),
  });
  const slos = new Slos(kernel, catalog, telemetry, {
    causes: budgetCauses(kernel, () => ({ catalog, incidents, deploys, investigations })),
  });
  const alerts = new Alerts(kernel, slos, {
    everyMs: duration(config.alerting.every),
    warmUpMs: duration(config.alerting.warmUp),
    sources: [{ name: 'probes', standings: now => probes.standings(now) }],
  });
  const notifications = new Notifications(kernel, channelsOf(config.notify));
  const oncall = new OnCall(kernel, catalog, notifications);
  const readings = objectiveReadings(kernel, catalog, slos, alerts);
  const incidents = new Incidents(kernel, catalog, oncall, {
    settle: duration(config.incident.settle),
    link: id => `${publicUrl()}/incidents/${id}`,
    indicators: readings.indicators,
  });
  const local = localPlatform(kernel, catalog, {
    folder: folder.at('platform'),
    otlpEndpoint: () => address,
    otlpToken: ingestToken,
    stopOnExit: config.platform.stopOnExit,
  });
  const platforms = new Platforms(kernel, catalog, [local]);
  const guard = new Guard(kernel, platforms, [budgetGate({ slos, incidents, catalog })]);
  const deploys = new Deploys(kernel, catalog, guard, platforms);
  const runbooks = new Runbooks(kernel, catalog, guard, platforms, {
    verify: readings.verify,
    objections: [budgetObjection(slos)],
  });
  const investigations = new Investigations(kernel, {
    telemetry,
    slos,
    incidents,
    deploys,
    services: async () =>
      (await catalog.list(Service)).map(({ metadata, spec }) => ({
        name: metadata.name,
        telemetryName: spec.telemetryName,
        dependsOn: spec.dependsOn,
      })),
  });
  const postmortems = new Postmortems(
    kernel,
    postmortemFacts(kernel, { catalog, slos, incidents, investigations, runbooks }),
    config.postmortems.folder === undefined ? {} : { folder: config.postmortems.folder },
  );
  const drills = new Drills(
    kernel,
    catalog,
    drillWorld(kernel, { alerts, deploys, incidents, platforms, telemetry }),
  );
  const rooms = {
    catalog,
    services,
    telemetry,
    probes,
    slos,
    alerts,
    notifications,
    oncall,
    incidents,
    platforms,
    guard,
    deploys,
    runbooks,
    investigations,
    postmortems,
    drills,
    audit: kernel.audit,
  };
  react(kernel, { ...rooms, impact: readings.impact });
  let stopTracing: () => Promise<void> = async () => {};
  let started = false;
  let backingUp = false;
  let running = false;

  return {
    rooms,
    kernel,
    call: createCall(rooms, kernel),
    /** A backup of what is embedded here, as a stream; one at a time. */
    backup: async ({ principal, surface }: Pick<CallRequest, 'principal' | 'surface'>): Promise<Readable> => {
      if (backingUp)
        throw new Fault('conflict', 'A backup is being taken.', { hint: 'Try again when it is done.' });
      backingUp = true;
      try {
        await kernel.audit.append({
          at: instant(kernel.clock.now()),
          principal: principal.name,
          kind: principal.kind,
          surface,
          operation: 'backup',
          input: {},
          outcome: 'ok',
        });
        const archive = await takeBackup({
          config,
          db,
          store,
          telemetryFolder: folder.at('telemetry'),
          now: kernel.clock.now(),
        });
        archive.once('close', () => {
          backingUp = false;
        });
        return archive;
      } catch (error) {
        backingUp = false;
        throw error;
      }
    },
    ingest: (
      signal: 'traces' | 'metrics' | 'logs',
      body: Uint8Array,
      sent: { contentType: string; contentEncoding: string },
    ) => telemetry.ingest(signal, body, sent),
    tail: (asked: Readonly<Record<string, string>>, signal: AbortSignal) => telemetry.tailLogs(asked, signal),
    prometheus: telemetry.prometheus({
      version,
      alerting: alertingView(slos, alerts, probes, duration(config.alerting.every), () => kernel.clock.now()),
    }),
    ready: [
      {
        name: 'start',
        check: async () => (running ? { ok: true } : { ok: false, detail: 'Nines is starting' }),
      },
      ...readiness(kernel, store, folder),
      { name: 'telemetry disk', check: async () => telemetry.diskCheck() },
    ],
    /** Whether everything runs; before that, calls must wait. */
    get running(): boolean {
      return running;
    },
    /** Makes the tables. Enough to ask and to store; jobs and events wait for a server. */
    async open(): Promise<void> {
      await kernel.start(MIGRATIONS, { work: false });
      await telemetry.open();
    },
    /** Runs everything. `servedAt` is the address that answers. */
    async start(servedAt: string): Promise<void> {
      address = servedAt;
      started = true;
      await telemetry.open();
      await kernel.start(MIGRATIONS);
      await telemetry.start();
      stopTracing = startTracing(telemetry.selfSpans(), version);
      await platforms.start();
      await guard.start();
      probes.start();
      alerts.start();
      slos.levels.start();
      keepStateBounded(kernel, config.state, () => oldestOpenIncident(incidents));
      running = true;
    },
    /** Stops what was started, in the other order: nothing new begins, what was taken is stored. */
    async stop(): Promise<void> {
      if (started) {
        // The services first and at once: whoever stops Nines may not wait for long, and they must not be left behind.
        await Promise.all([platforms.stop(), kernel.loops.stop()]);
        await stopTracing();
      }
      await probes.stop();
      await telemetry.stop();
      await kernel.stop();
      await store.close();
    },
  };
}

async function openStore(config: Config, folder: Folder): Promise<Store> {
  const { clickhouse } = config.telemetry;
  // What a backup froze and a killed process left: it would keep on the disk what retention takes away.
  if (clickhouse === undefined) rmSync(folder.at('telemetry', 'shadow'), { recursive: true, force: true });
  return clickhouse === undefined ? openChdb(folder.at('telemetry')) : openClickHouse(clickhouse);
}

function retentionOf(config: Config) {
  const { metrics, traces, logs } = config.telemetry.retention;
  return { metrics: duration(metrics), traces: duration(traces), logs: duration(logs) };
}

/** A policy that forbids automation makes a person start the runbook. */
function budgetObjection(slos: Slos) {
  return async ({ service }: { service: string }) => {
    const { allowed, reason } = await slos.gate(service, 'automation');
    return allowed ? undefined : reason;
  };
}

function readiness(kernel: Kernel, store: Store, folder: Folder) {
  return [
    { name: 'database', check: async () => ({ ok: (await kernel.db.query('select 1')).length === 1 }) },
    { name: 'telemetry', check: async () => ({ ok: (await store.query('select 1 as one')).length === 1 }) },
    diskCheck(folder.path),
    {
      name: 'loops',
      check: async () => {
        const stalled = kernel.loops.stalled(kernel.clock.now());
        return stalled.length === 0
          ? { ok: true }
          : { ok: false, detail: `no turn for long: ${stalled.join(', ')}` };
      },
    },
  ];
}

/** When the oldest incident that is not over was opened. */
async function oldestOpenIncident(incidents: Incidents): Promise<number | undefined> {
  const active = await incidents.list({ active: true, limit: 1000 });
  return active.length === 0 ? undefined : Math.min(...active.map(({ openedAt }) => epochMs(openedAt)));
}
