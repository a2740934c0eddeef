import type { OutputOf } from '../api.ts';
import type { Incident } from '../incident/incident.ts';
import type { Slo } from '../slo/slo.ts';

export type ServiceMap = OutputOf<'traces.map'>;
export type MapNode = ServiceMap['nodes'][number];
export type MapEdge = ServiceMap['edges'][number];
export type Declared = OutputOf<'service.list'>['services'][number];
export type Running = OutputOf<'platform.list'>['services'][number];

export type Health = 'broken' | 'at_risk' | 'failing' | 'fine' | 'unknown';

/** A service or what it uses, with all that the map says of it. */
export interface Place {
  /** As telemetry names it: the map's key. */
  id: string;
  /** As the catalog names it; undefined: it is not declared. */
  name: string | undefined;
  title: string;
  kind: MapNode['kind'];
  health: Health;
  why: string;
  figures: MapNode | undefined;
  running: Running | undefined;
  tier: number | undefined;
}

/** Above this share of errors something is shown as failing where no objective speaks for it. */
export const FAILING = 0.01;

/** Joins what is declared, what telemetry saw and what runs. A declared service without telemetry is there, as unknown. */
export function placesOf(facts: {
  declared: readonly Declared[];
  map: ServiceMap;
  running: readonly Running[];
  slos: readonly Slo[];
  incidents: readonly Incident[];
}): Place[] {
  const { declared, map, running, slos, incidents } = facts;
  const byTelemetry = new Map(declared.map(service => [service.telemetryName, service]));
  const seen = map.nodes.map(node => ({ id: node.service, node, service: byTelemetry.get(node.service) }));
  const known = new Set(seen.map(one => one.id));
  const unseen = declared
    .filter(service => !known.has(service.telemetryName))
    // What is declared and only called, as a database, is there under the name of its address already.
    .filter(service => service.runsOn !== undefined || slos.some(slo => slo.service === service.name))
    .map(service => ({ id: service.telemetryName, node: undefined, service }));
  return [...seen, ...unseen].map(({ id, node, service }) => {
    const name = service?.name;
    return {
      id,
      name,
      title: service?.displayName ?? id,
      kind: node?.kind ?? 'service',
      ...healthOf(name, node, slos, incidents),
      figures: node,
      running: running.find(one => one.service === name),
      tier: service?.tier,
    };
  });
}

function healthOf(
  name: string | undefined,
  node: MapNode | undefined,
  slos: readonly Slo[],
  incidents: readonly Incident[],
): { health: Health; why: string } {
  const incident = incidents.find(one => name !== undefined && one.affectedServices.includes(name));
  if (incident !== undefined && incident.status === 'open')
    return { health: 'broken', why: `${incident.id}: ${incident.title}` };
  const mine = slos.filter(slo => slo.service === name);
  const spent = mine.find(slo => slo.state === 'exhausted') ?? mine.find(slo => slo.state === 'at_risk');
  if (spent !== undefined)
    return {
      health: 'at_risk',
      why: `${spent.displayName}: budget ${spent.state === 'exhausted' ? 'exhausted' : 'at risk'}`,
    };
  if (node === undefined || node.count === 0) return { health: 'unknown', why: 'No request was seen' };
  if (node.errors / node.count > FAILING)
    return { health: 'failing', why: 'More than 1 % of its requests fail' };
  const blind = mine.find(slo => slo.state === 'no_data');
  if (blind !== undefined) return { health: 'unknown', why: `${blind.displayName}: no data` };
  return {
    health: 'fine',
    why: mine.length === 0 ? 'Few errors; no objective speaks for it' : 'Objectives are met',
  };
}
