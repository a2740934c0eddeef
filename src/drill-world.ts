import type { Alerts } from './alerting/index.ts';
import type { DrillFacts, DrillSpec, DrillWorld, StageName } from './chaos/index.ts';
import type { Deploys } from './deploy/index.ts';
import type { Incidents, TimelineEntry } from './incident/index.ts';
import { type Instant, instant, type Kernel } from './kernel/index.ts';
import type { Platforms } from './platform/index.ts';
import type { Telemetry } from './telemetry/index.ts';

interface Rooms {
  alerts: Alerts;
  deploys: Deploys;
  incidents: Incidents;
  platforms: Platforms;
  telemetry: Telemetry;
}

/** What a drill does to the system, and how far it has come, read from what the rooms have stored. */
export function drillWorld(
  kernel: Kernel,
  { alerts, deploys, incidents, platforms, telemetry }: Rooms,
): DrillWorld {
  /** The first bad request of a drill, once it was found: it does not change, and is asked for every second. */
  const found = new Map<Instant, NonNullable<DrillFacts['first_bad_request']>>();
  const incidentSince = async (since: Instant) =>
    (await incidents.list())
      .filter(incident => incident.openedAt >= since && incident.alerts.length > 0)
      .at(-1);
  return {
    refuse: async ({ release }) => {
      const [open] = await incidents.list({ active: true });
      if (open !== undefined)
        return `${open.id} is ${open.status}; wait until it is resolved (nines incident show ${open.id}).`;
      // An alert that fires already cannot fire anew: the drill would wait for a detection that never comes.
      const [firing] = await alerts.list({ state: 'firing' });
      if (firing !== undefined)
        return `the alert ${firing.name} on ${firing.service} still fires; its short window has to pass first, which takes some minutes (nines alert list).`;
      const state = await platforms.state(release.service);
      return state.release === release.version
        ? `${release.service} runs ${release.version} already: nines deploy rollback ${release.service}.`
        : undefined;
    },
    ship: async ({ release }, drill, principal) => {
      await deploys.deploy(release.service, release.version, {
        principal,
        reason: `drill ${drill}`,
        // A drill breaks things on purpose; that the budget is spent, perhaps by the drill before, is told in the record.
        rehearsal: true,
        override: `drill ${drill}: a rehearsal on a system that may be broken`,
      });
    },
    facts: async (spec, since) => {
      const facts: DrillFacts = {};
      const shipped = await shippedAt(deploys, spec, since);
      if (shipped !== undefined)
        facts.shipped = { at: shipped, what: `${spec.release.service} ${spec.release.version} went out` };
      const incident = await incidentSince(since);
      const bad =
        found.get(since) ??
        (await firstBad(telemetry, since, incident?.mitigatedAt ?? instant(kernel.clock.now())));
      if (bad !== undefined) found.set(since, bad);
      const onset =
        bad ?? (incident === undefined ? undefined : { at: incident.onsetAt, what: 'by the indicator' });
      if (onset !== undefined) facts.first_bad_request = onset;
      if (incident === undefined) return { facts };
      const firing = incident.alerts[0]!;
      facts.detected = { at: firing.firedAt, what: `alert ${firing.name}` };
      facts.incident_opened = { at: incident.openedAt, what: `${incident.id}, ${incident.severity}` };
      const timeline = await incidents.timeline(incident.id);
      for (const [stage, find] of Object.entries(STAGES) as [
        StageName,
        (entry: TimelineEntry) => boolean,
      ][]) {
        const entry = timeline.find(find);
        if (entry !== undefined) facts[stage] = { at: entry.at, what: firstSentence(entry.text) };
      }
      return { facts, incident: incident.id };
    },
  };
}

/** By which entry of the incident's timeline a stage is reached. */
const STAGES: Partial<Record<StageName, (entry: TimelineEntry) => boolean>> = {
  paged: entry => entry.kind === 'page',
  cause_found: entry => entry.kind === 'verdict' && entry.data?.verdict !== 'inconclusive',
  fix_proposed: entry => entry.kind === 'proposal',
  fixed: entry => entry.kind === 'action' && entry.data?.status === 'done',
  verified: entry => entry.kind === 'verification' && entry.data?.state === 'succeeded',
  told: entry => entry.kind === 'update',
  resolved: entry => entry.kind === 'resolve',
  postmortem: entry => entry.kind === 'postmortem',
};

async function shippedAt(
  deploys: Deploys,
  { release }: DrillSpec,
  since: Instant,
): Promise<Instant | undefined> {
  const changes = await deploys.changes({ from: since, to: '9999-12-31T23:59:59.999Z' }, release.service);
  return changes.find(change => change.to === release.version)?.at;
}

/** The first failed request since then, from the traces themselves. */
async function firstBad(
  telemetry: Telemetry,
  from: Instant,
  to: Instant,
): Promise<DrillFacts['first_bad_request']> {
  const [first] = await telemetry.traces.search(
    { from, to },
    { errorsOnly: true, order: 'oldest', limit: 1 },
  );
  return first === undefined
    ? undefined
    : { at: first.at, what: `${first.rootService}: ${first.rootOperation}` };
}

function firstSentence(text: string): string {
  const end = text.search(/[.;] /);
  const sentence = end === -1 ? text : text.slice(0, end);
  return sentence.length > 100 ? `${sentence.slice(0, 99)}…` : sentence;
}
