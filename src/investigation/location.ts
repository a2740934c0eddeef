import type { EdgeFigures, Observation, OperationFigures } from './observation.ts';
import { type Calls, combined, shift } from './shift.ts';

/**
 * Where the added time and the added failures arise. A caller's span contains its callees', so each service is charged
 * only with what its own callees do not explain. Everything is counted per entry request (one served by the
 * incident's service), so that more or less traffic by itself moves nothing.
 */
export interface Place {
  name: string;
  kind: 'service' | 'database' | 'queue';
  /** Milliseconds that an entry request spends here, callees excluded. For a database: its callers' waiting. */
  ownMs: { before: number; after: number };
  /** Failed calls per entry request that arise here. */
  ownErrors: { before: number; after: number };
  /** Calls served or, for a database, received. */
  calls: { before: number; after: number };
  /** 0 to 1: its share of all that was added, databases charged to their callers. */
  share: number;
  /** It served before and hardly answers now, while it is still being called or its callers still work. */
  silent: boolean;
}

export interface Location {
  /** Entry requests per window. */
  entry: { before: number; after: number };
  slower: boolean;
  failing: boolean;
  /** Services that the incident's service reaches, and itself; databases and queues apart. Largest share first. */
  services: Place[];
  stores: Place[];
  /** From the incident's service to the place, as names. */
  path(to: string): string[];
}

const LEAST_SILENT_CALLS = 10;
const SILENT_BELOW = 0.1;
/** When both time and failures were added: slowness usually makes the failures (timeouts), seldom the reverse. */
const TIME_WEIGHT = 0.6;

export function locate(given: Observation): Location {
  const observation = withKnownCallees(given);
  const { service, operations, edges } = observation;
  const graph = callees(observation);
  const reached = reach(service, graph);
  const entry = {
    before: served(operations.baseline, service).count,
    after: served(operations.incident, service).count,
  };
  const symptom = entrySymptom(observation);
  const names = [...reached].filter(name => !isStore(name, observation)).sort();

  const before = figuresOf(names, operations.baseline, edges.baseline, entry.before);
  const after = figuresOf(names, operations.incident, edges.incident, entry.after);
  const places = names.map((name): Place => {
    const [then, now] = [before.get(name)!, after.get(name)!];
    const silent =
      then.calls >= LEAST_SILENT_CALLS &&
      now.perEntry < then.perEntry * SILENT_BELOW &&
      (name === service || entry.after >= LEAST_SILENT_CALLS);
    return {
      name,
      kind: 'service',
      ownMs: { before: then.ownMs, after: now.ownMs },
      ownErrors: { before: then.ownErrors, after: now.ownErrors },
      calls: { before: then.calls, after: now.calls },
      share: 0,
      silent,
    };
  });
  chargeSilent(places, graph);
  share(places, symptom);

  const stores = [...reached]
    .filter(name => isStore(name, observation))
    .sort()
    .map(name => storePlace(name, observation, entry));
  share(stores, symptom);
  const byShare = (a: Place, b: Place) => b.share - a.share || (a.name < b.name ? -1 : 1);
  return {
    entry,
    ...symptom,
    services: places.sort(byShare),
    stores: stores.sort(byShare),
    path: to => shortestPath(service, to, graph),
  };
}

/**
 * A callee that is down all along the incident answers no span by which its address would be known: its callers then call
 * an address never seen before, and no longer the one service that they called. That address is that service.
 */
function withKnownCallees(observation: Observation): Observation {
  const { edges } = observation;
  const known = new Set([...edges.baseline.map(edge => edge.to), ...Object.keys(observation.dependsOn)]);
  const isStranger = (edge: EdgeFigures) =>
    edge.kind === 'service' &&
    !known.has(edge.to) &&
    served(observation.operations.incident, edge.to).count === 0;
  const incident = edges.incident.map(edge => {
    if (!isStranger(edge)) return edge;
    const nowCalled = new Set(edges.incident.filter(each => each.from === edge.from).map(each => each.to));
    const gone = new Set(
      edges.baseline
        .filter(each => each.from === edge.from && each.kind === 'service' && !nowCalled.has(each.to))
        .map(each => each.to),
    );
    const [only] = gone;
    return gone.size === 1 && only !== undefined ? { ...edge, to: only } : edge;
  });
  return { ...observation, edges: { baseline: edges.baseline, incident } };
}

/** Who calls whom: what the catalog declares and what traces show. */
function callees({ dependsOn, edges }: Observation): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  const add = (from: string, to: string) => {
    if (from === to) return;
    const known = graph.get(from) ?? new Set();
    graph.set(from, known.add(to));
  };
  for (const [from, to] of Object.entries(dependsOn)) for (const name of to) add(from, name);
  for (const edge of [...edges.baseline, ...edges.incident]) add(edge.from, edge.to);
  return graph;
}

function reach(from: string, graph: Map<string, Set<string>>): Set<string> {
  const seen = new Set([from]);
  for (const name of seen) for (const next of graph.get(name) ?? []) seen.add(next);
  return seen;
}

function shortestPath(from: string, to: string, graph: Map<string, Set<string>>): string[] {
  const cameFrom = new Map<string, string | undefined>([[from, undefined]]);
  for (const name of cameFrom.keys()) {
    if (name === to) break;
    for (const next of [...(graph.get(name) ?? [])].sort()) if (!cameFrom.has(next)) cameFrom.set(next, name);
  }
  if (!cameFrom.has(to)) return [to];
  const path: string[] = [];
  for (let at: string | undefined = to; at !== undefined; at = cameFrom.get(at)) path.unshift(at);
  return path;
}

/** A database or queue is called and serves no spans of its own. */
function isStore(name: string, { edges, operations }: Observation): boolean {
  const all = [...edges.baseline, ...edges.incident].filter(edge => edge.to === name);
  if (all.length === 0 || all.some(edge => edge.kind === 'service')) return false;
  return ![...operations.baseline, ...operations.incident].some(
    ({ service, kind }) => service === name && kind === 'server',
  );
}

export function served(
  operations: readonly OperationFigures[],
  service: string,
): Calls & { totalMs: number } {
  const own = operations.filter(
    each => each.service === service && (each.kind === 'server' || each.kind === 'consumer'),
  );
  return { ...combined(own), totalMs: own.reduce((sum, each) => sum + each.totalMs, 0) };
}

/** Whether what the incident's service serves became slower or fails, in any operation of some weight. */
function entrySymptom({ service, operations }: Observation): { slower: boolean; failing: boolean } {
  const then = new Map(
    operations.baseline.filter(each => isServed(each, service)).map(each => [each.operation, each]),
  );
  let [slower, failing] = [false, false];
  for (const each of operations.incident.filter(one => isServed(one, service))) {
    const change = shift(then.get(each.operation), each);
    slower ||= change.slower;
    failing ||= change.failing;
  }
  return { slower, failing };
}

function isServed(each: OperationFigures, service: string): boolean {
  return each.service === service && (each.kind === 'server' || each.kind === 'consumer');
}

interface Figures {
  calls: number;
  perEntry: number;
  ownMs: number;
  ownErrors: number;
}

function figuresOf(
  names: readonly string[],
  operations: readonly OperationFigures[],
  edges: readonly EdgeFigures[],
  entry: number,
): Map<string, Figures> {
  const per = Math.max(entry, 1);
  const figures = new Map<string, Figures>();
  for (const name of names) {
    const server = served(operations, name);
    const inbound = sumOf(edges.filter(edge => edge.to === name && edge.kind === 'service'));
    const outbound = sumOf(edges.filter(edge => edge.from === name && edge.kind === 'service'));
    // What the callers waited counts where it is more: a call that never reached the service shows only there.
    const totalMs = Math.max(server.totalMs, inbound.totalMs);
    const errors = Math.max(server.errors, inbound.errors);
    figures.set(name, {
      calls: server.count,
      perEntry: server.count / per,
      ownMs: Math.max(0, totalMs - outbound.totalMs) / per,
      ownErrors: Math.max(0, errors - outbound.errors) / per,
    });
  }
  return figures;
}

function sumOf(edges: readonly EdgeFigures[]): { totalMs: number; errors: number; count: number } {
  return {
    totalMs: edges.reduce((sum, edge) => sum + totalOf(edge), 0),
    errors: edges.reduce((sum, edge) => sum + edge.errors, 0),
    count: edges.reduce((sum, edge) => sum + edge.count, 0),
  };
}

/** Without the sum, the mean from the quantiles: half of the calls near the median, the rest between it and the tail. */
function totalOf(edge: EdgeFigures): number {
  return edge.totalMs ?? edge.count * (0.7 * edge.p50Ms + 0.2 * edge.p95Ms + 0.1 * edge.p99Ms);
}

/** A callee that fell silent has no spans to be charged by: its callers' failures and waiting are its own. */
function chargeSilent(places: Place[], graph: Map<string, Set<string>>): void {
  for (const place of places.filter(each => each.silent))
    for (const caller of places) {
      if (caller.silent || !graph.get(caller.name)?.has(place.name)) continue;
      place.ownErrors.after +=
        caller.ownErrors.after - Math.min(caller.ownErrors.before, caller.ownErrors.after);
      caller.ownErrors.after = Math.min(caller.ownErrors.before, caller.ownErrors.after);
      place.ownMs.after += Math.max(0, caller.ownMs.after - caller.ownMs.before);
      caller.ownMs.after = Math.min(caller.ownMs.before, caller.ownMs.after);
    }
}

function share(places: Place[], { slower, failing }: { slower: boolean; failing: boolean }): void {
  const added = (of: 'ownMs' | 'ownErrors') =>
    places.map(place => Math.max(0, place[of].after - place[of].before));
  const [time, errors] = [added('ownMs'), added('ownErrors')];
  const timeSum = time.reduce((sum, each) => sum + each, 0);
  const errorSum = errors.reduce((sum, each) => sum + each, 0);
  const timeWeight = !slower || timeSum <= 0 ? 0 : failing && errorSum > 0 ? TIME_WEIGHT : 1;
  const errorWeight = !failing || errorSum <= 0 ? 0 : 1 - timeWeight;
  places.forEach((place, index) => {
    place.share =
      (timeWeight === 0 ? 0 : (timeWeight * time[index]!) / timeSum) +
      (errorWeight === 0 ? 0 : (errorWeight * errors[index]!) / errorSum);
  });
}

function storePlace(name: string, { edges }: Observation, entry: { before: number; after: number }): Place {
  const then = sumOf(edges.baseline.filter(edge => edge.to === name));
  const now = sumOf(edges.incident.filter(edge => edge.to === name));
  const [perThen, perNow] = [Math.max(entry.before, 1), Math.max(entry.after, 1)];
  const [first] = [...edges.baseline, ...edges.incident].filter(edge => edge.to === name);
  return {
    name,
    kind: first!.kind,
    ownMs: { before: then.totalMs / perThen, after: now.totalMs / perNow },
    ownErrors: { before: then.errors / perThen, after: now.errors / perNow },
    calls: { before: then.count, after: now.count },
    share: 0,
    silent: false,
  };
}
