import { epochMs, milliseconds } from '../kernel/index.ts';
import type { ResourceFigures, ResourceReading, Window } from './observation.ts';
import { type ResourceProbe, resourceProbes } from './resource.ts';
import type { TelemetrySource } from './sources.ts';

type Series = Awaited<ReturnType<TelemetrySource['metrics']['range']>>['series'][number];

const POINTS = 180;
const LEAST_STEP_MS = 5_000;
/** Labels that tell replicas and releases of one resource apart; the rest tells resources apart. */
const REPLICA_LABELS = new Set(['service_name', 'service_version', 'instance', 'job', '__name__']);
const MAX_SERIES = 2_000;

/** Asks each probe's variants in turn until one has samples. `ask` gives up on its own terms and then has no samples. */
export async function gatherResources(
  window: { baseline: Window; incident: Window },
  ask: (
    query: string,
    range: Window & { step: ReturnType<typeof milliseconds> },
  ) => Promise<readonly Series[]>,
): Promise<ResourceFigures[]> {
  const span = epochMs(window.incident.to) - epochMs(window.baseline.from);
  const step = milliseconds(Math.max(LEAST_STEP_MS, Math.ceil(span / POINTS / 1000) * 1000));
  const range = { from: window.baseline.from, to: window.incident.to, step };
  const found: ResourceFigures[] = [];
  for (const probe of resourceProbes)
    for (const { used, limit } of probe.variants) {
      const series = (await ask(used, range)).slice(0, MAX_SERIES);
      if (series.length === 0) continue;
      const limits = limit === undefined ? undefined : await ask(limit, range);
      found.push(
        ...readingsOf(
          probe,
          window,
          { used, series },
          limit === undefined ? undefined : { limit, series: limits ?? [] },
        ),
      );
      break;
    }
  return found;
}

/** One figure a resource: of its replicas the fullest, as an average would hide the one that is out. */
export function readingsOf(
  probe: ResourceProbe,
  window: { baseline: Window; incident: Window },
  used: { used: string; series: readonly Series[] },
  limits?: { limit: string; series: readonly Series[] },
): ResourceFigures[] {
  const limitOf = new Map(
    (limits?.series ?? []).map(series => [identity(series.labels), new Map(series.points)]),
  );
  const best = new Map<string, ResourceFigures>();
  const replicas = [...used.series].sort((a, b) => (identity(a.labels) < identity(b.labels) ? -1 : 1));
  for (const { labels, points } of replicas) {
    const service = labels.service_name;
    if (service === undefined) continue;
    const instance = Object.entries(labels)
      .filter(([name]) => !REPLICA_LABELS.has(name))
      .map(([, value]) => value)
      .sort()
      .join('/');
    const own = limitOf.get(identity(labels));
    // A replica that closed its pool has a limit of 0 and goes on reporting what was last in use.
    const live = points.filter(
      ([at, value]) => Number.isFinite(value) && (own === undefined || (own.get(at) ?? 0) > 0),
    );
    const within = ({ from, to }: Window) =>
      live.filter(([at]) => at >= epochMs(from) && at <= epochMs(to)).map(([, value]) => value);
    const before = readingOf(within(window.baseline));
    const after = readingOf(within(window.incident));
    const limit = own === undefined ? undefined : Math.max(0, ...live.map(([at]) => own.get(at) ?? 0));
    const figures: ResourceFigures = {
      resource: probe.resource,
      service,
      instance,
      unit: probe.unit,
      query: used.used,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(limit === undefined || limit === 0 ? {} : { limit }),
      ...(limits === undefined ? {} : { limitQuery: limits.limit }),
    };
    const key = `${service}\n${instance}`;
    best.set(key, fuller(best.get(key), figures));
  }
  return [...best.values()];
}

/** The higher reading of each window, as old and new replicas take turns. */
function fuller(a: ResourceFigures | undefined, b: ResourceFigures): ResourceFigures {
  if (a === undefined) return b;
  const level = (figures: ResourceFigures) => (figures.after?.p90 ?? -1) / (figures.limit ?? 1);
  const main = level(b) > level(a) ? b : a;
  const before = [a.before, b.before].filter(each => each !== undefined).sort((x, y) => y.p90 - x.p90)[0];
  return { ...main, ...(before === undefined ? {} : { before }) };
}

function readingOf(values: readonly number[]): ResourceReading | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return { median: at(0.5), p90: at(0.9), max: sorted.at(-1)!, points: sorted.length };
}

function identity(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
