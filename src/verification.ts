import type { Alerts } from './alerting/index.ts';
import { type Catalog, withDependents } from './catalog/index.ts';
import type { Impact, Incident } from './incident/index.ts';
import { epochMs, type Instant, instant, type Kernel, milliseconds, timeOfDay } from './kernel/index.ts';
import type { SliReading, Slos } from './slo/index.ts';

const LEAST_WINDOW_MS = 10_000;

/** What the objectives of a service and of all that call it say over a while. Missing data is never taken for good. */
export function objectiveReadings(kernel: Kernel, catalog: Catalog, slos: Slos, alerts: Alerts) {
  const read = async (services: readonly string[], since: Instant) => {
    const now = kernel.clock.now();
    const window = milliseconds(Math.max(now - epochMs(since), LEAST_WINDOW_MS));
    const names = new Set(
      (await Promise.all(services.map(service => withDependents(catalog, service)))).flat(),
    );
    const readings = (
      await Promise.all([...names].map(service => slos.reading(service, window, instant(now))))
    ).flat();
    const firing = new Set((await alerts.list({ state: 'firing' })).map(alert => alert.objective));
    return { ...judge(readings, firing), figures: figuresOf(readings, since), readings };
  };
  return {
    verify: async (service: string, since: Instant) => read([service], since),
    indicators: async (services: readonly string[], window: { from: Instant; to: Instant }) => {
      const { healthy, figures } = await read(services, window.from);
      return {
        state: healthy === null ? ('no_data' as const) : healthy ? ('good' as const) : ('bad' as const),
        statement: figures.replace(/\.$/, ''),
      };
    },
    impact: async (incident: Incident): Promise<Impact | undefined> => {
      if (incident.status !== 'open') return undefined;
      const { readings } = await read(incident.affectedServices, incident.onsetAt);
      const missed = readings.filter(reading => reading.healthy === false);
      if (missed.length === 0) return undefined;
      const said = missed.map(
        ({ objective, errorRatio, events, target }) =>
          `${objective}: ${percent(errorRatio ?? 0)} of ${Math.round(events)} requests are bad (allowed ${percent(1 - target)})`,
      );
      return {
        statement: `Since ${timeOfDay(incident.onsetAt, 'second')} UTC ${said.join('; ')}.`,
        figures: missed.map(({ objective, errorRatio, target }) => ({
          name: objective,
          value: percent(errorRatio ?? 0),
          objective: percent(1 - target),
        })),
        asOf: instant(kernel.clock.now()),
      };
    },
  };
}

/**
 * Bad if one is; good if at least one says so and none is bad. An objective without requests says nothing, unless its
 * alert fires: of what paged somebody it must be known that it is over.
 */
function judge(
  readings: readonly SliReading[],
  firing: ReadonlySet<string | undefined>,
): { healthy: boolean | null } {
  if (readings.some(reading => reading.healthy === false)) return { healthy: false };
  if (readings.some(reading => reading.healthy === null && firing.has(reading.objective)))
    return { healthy: null };
  return { healthy: readings.some(reading => reading.healthy === true) ? true : null };
}

function figuresOf(readings: readonly SliReading[], since: Instant): string {
  if (readings.length === 0) return 'No objective is declared for the service or for what calls it.';
  const said = readings.map(({ objective, errorRatio, target, events }) =>
    errorRatio === null
      ? `${objective} has no data`
      : `${objective} ${percent(errorRatio)} bad of ${Math.round(events)} (allowed ${percent(1 - target)})`,
  );
  return `Since ${timeOfDay(since, 'second')} UTC: ${said.join('; ')}.`;
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(ratio < 0.01 ? 2 : 1).replace(/\.?0+$/, '')} %`;
}
