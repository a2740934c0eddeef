import { type Catalog, Service, withDependencies, withDependents } from './catalog/index.ts';
import type { Incident, Incidents } from './incident/index.ts';
import type { Investigations } from './investigation/index.ts';
import { epochMs, type Instant, instant, type Kernel } from './kernel/index.ts';
import type { PostmortemFacts } from './postmortem/index.ts';
import { Runbook, type Runbooks } from './runbook/index.ts';
import { countedUntil, type Slos } from './slo/index.ts';

const BEFORE_ONSET_MS = 3_600_000;

interface Rooms {
  catalog: Catalog;
  slos: Slos;
  incidents: Incidents;
  investigations: Investigations;
  runbooks: Runbooks;
}

/** Reads off the rooms all that a postmortem is drafted from. */
export function postmortemFacts(
  kernel: Kernel,
  { catalog, slos, incidents, investigations, runbooks }: Rooms,
) {
  return async (id: string): Promise<PostmortemFacts> => {
    const incident = await incidents.get(id);
    const investigation = await investigations.find(id);
    const causing = investigation?.causes[0];
    const service = causing?.service ?? incident.service;
    const declared = await catalog.find(Service, service);
    const remediations = await runbooks.ofIncident(id);
    const fitting = (await catalog.list(Runbook)).filter(
      ({ spec: { when } }) =>
        (when.services === undefined || when.services.includes(service)) &&
        (when.causes === undefined || causing === undefined || when.causes.includes(causing.kind)),
    );
    return {
      incident,
      timeline: await incidents.timeline(id),
      ...(investigation === undefined ? {} : { investigation }),
      objectives: await objectiveFacts(kernel, catalog, slos, incident),
      overrides: await overrideFacts(kernel, catalog, slos, incident),
      remediations: remediations.map(({ title, action, service: on, start, approvals, state }) => ({
        title,
        action: action.kind,
        service: on,
        ...(action.kind === 'release' ? { to: action.to } : {}),
        start,
        approvals: approvals.length,
        state,
      })),
      ...(declared === undefined ? {} : { owner: declared.spec.owner }),
      hasRunbook: fitting.length > 0,
      hadCanary: false,
    };
  };
}

/** Overrides of the gate that were in force shortly before the onset or during the incident. */
async function overrideFacts(kernel: Kernel, catalog: Catalog, slos: Slos, incident: Incident) {
  // What is released below the affected services can be the cause: all that they call counts too.
  const services = await withDependencies(catalog, incident.affectedServices);
  const from = instant(epochMs(incident.onsetAt) - BEFORE_ONSET_MS);
  const to: Instant = incident.mitigatedAt ?? incident.resolvedAt ?? instant(kernel.clock.now());
  const found = await slos.gates.overrides.between({ from, to }, [...services]);
  // What nobody confirmed, or was taken back before, let nothing through.
  return found.reverse().flatMap(one => {
    const until = countedUntil(one);
    return until === undefined || (one.action === undefined && until <= from) ? [] : [{ ...one, until }];
  });
}

/** What the time from the onset to the recovery cost each objective of the services that felt it. */
async function objectiveFacts(kernel: Kernel, catalog: Catalog, slos: Slos, incident: Incident) {
  const to: Instant = incident.mitigatedAt ?? incident.resolvedAt ?? instant(kernel.clock.now());
  const names = new Set(
    (await Promise.all(incident.affectedServices.map(one => withDependents(catalog, one)))).flat(),
  );
  const objectives = (await slos.objectives()).filter(objective => names.has(objective.service));
  return Promise.all(
    objectives.map(async ({ id, displayName, service, target }) => {
      const [cost, status] = await Promise.all([
        slos.consumed(id, { from: incident.onsetAt, to }),
        slos.status(id, to),
      ]);
      return {
        objective: id,
        displayName,
        service,
        target,
        windowText: status.window,
        ...(cost.total === 0 ? {} : { bad: cost.bad, total: cost.total, budgetShare: cost.budgetShare }),
        ...(status.budgetRemaining === undefined ? {} : { budgetRemaining: status.budgetRemaining }),
      };
    }),
  );
}
