import { subtree, type TraceTree, type TreeSpan } from '../trace-tree.ts';
import { discoveries, fisherGreater } from './fisher.ts';

export type AttributedSpan = TreeSpan & {
  attributes: Readonly<Record<string, string>>;
  resource: Readonly<Record<string, string>>;
};

export interface AttributedRequest<S extends TreeSpan> {
  tree: TraceTree<S>;
  root: S;
  slow: boolean;
}

/** An attribute that slow requests have more often than the others. */
export interface OverRepresented {
  service: string;
  key: string;
  value: string;
  slow: number;
  slowOf: number;
  rest: number;
  restOf: number;
  /** Probability of so large a difference by chance (Fisher's exact test, one-sided), before correction. */
  p: number;
  /** Attributes that exactly the same requests have, as `service key=value`: any of them tells as much. */
  same: string[];
}

/** Of the discoveries, so many are expected to be chance. */
const falseDiscoveries = 0.01;
/** What differs less is of no use at 3 AM, however sure. */
const leastDifference = 0.1;
const leastLift = 1.5;
/** Rarer attributes can't be told from chance. Chosen by how often it was seen in all, which the test is conditional on. */
const leastSeen = 5;
const mostTold = 8;
const mostSame = 4;
const longestValue = 120;
/** Attributes that are counted at all; more are told as left out. */
const mostFacets = 100_000;
/** Texts that are told otherwise, or differ from span to span. */
const leftOut = new Set([
  'db.query.text',
  'db.statement',
  'url.full',
  'http.url',
  'exception.stacktrace',
  'thread.id',
  'thread.name',
  'network.peer.port',
  'net.peer.port',
  'net.sock.peer.port',
  'client.port',
]);

interface Facet {
  name: readonly [service: string, key: string, value: string];
  slow: number;
  rest: number;
  /** Two hashes of which requests have it. */
  set: [number, number];
}

/**
 * The attributes (of resources and spans, anywhere in the request) that slow requests have more often than the
 * others; also which operations were there and which services failed. Each is tested by itself and corrected for how
 * many were tested.
 */
export function overRepresented<S extends AttributedSpan>(
  requests: readonly AttributedRequest<S>[],
): { found: OverRepresented[]; tested: number; leftOut: number } {
  const facets = new Map<string, Facet>();
  let dropped = 0;
  for (const [index, { tree, root, slow }] of requests.entries()) {
    const [first, second] = [hashOf(index, 0x9e3779b1), hashOf(index, 0x85ebca6b)];
    for (const [key, name] of facetsOf(subtree(tree, root))) {
      let facet = facets.get(key);
      if (facet === undefined) {
        if (facets.size >= mostFacets) {
          dropped += 1;
          continue;
        }
        facet = { name, slow: 0, rest: 0, set: [0, 0] };
        facets.set(key, facet);
      }
      if (slow) facet.slow += 1;
      else facet.rest += 1;
      facet.set = [facet.set[0] ^ first, facet.set[1] ^ second];
    }
  }
  const slowOf = requests.filter(({ slow }) => slow).length;
  const restOf = requests.length - slowOf;
  if (slowOf === 0 || restOf === 0) return { found: [], tested: 0, leftOut: dropped };
  const sets = [
    ...Map.groupBy(
      [...facets.values()].filter(({ slow, rest }) => slow + rest >= leastSeen),
      ({ slow, rest, set }) => `${slow} ${rest} ${set.join(' ')}`,
    ).values(),
  ].map(same => same.sort((a, b) => rankOf(a) - rankOf(b) || (a.name.join() < b.name.join() ? -1 : 1)));
  const ps = sets.map(([one]) => fisherGreater(one!.slow, slowOf, one!.rest, restOf));
  const stand = discoveries(ps, falseDiscoveries);
  const difference = ({ slow, rest }: { slow: number; rest: number }) => slow / slowOf - rest / restOf;
  const found = sets
    .flatMap(([one, ...others], index) => {
      const { slow, rest, name } = one!;
      const lift = slow / slowOf / Math.max(rest / restOf, 0.5 / restOf);
      if (!stand[index] || difference(one!) < leastDifference || lift < leastLift) return [];
      const [service, key, value] = name;
      const same = others
        .slice(0, mostSame)
        .map(({ name: [service, key, value] }) => `${service} ${key}=${value}`);
      return [{ service, key, value, slow, slowOf, rest, restOf, p: ps[index]!, same }];
    })
    .sort((a, b) => difference(b) - difference(a) || a.p - b.p)
    .slice(0, mostTold);
  return { found, tested: sets.length, leftOut: dropped };
}

/** Of attributes that say the same, what one can act on comes first. */
const ranks = ['service.version', 'service.instance.id', 'http.route', 'host.name', 'k8s.pod.name'];
function rankOf({ name: [, key] }: Facet): number {
  const rank = ranks.indexOf(key);
  return rank < 0 ? ranks.length : rank;
}

function facetsOf(spans: readonly AttributedSpan[]): Map<string, Facet['name']> {
  const out = new Map<string, Facet['name']>();
  const add = (service: string, key: string, value: string) => {
    if (value !== '' && value.length <= longestValue && !leftOut.has(key))
      out.set(`${service}\u0000${key}\u0000${value}`, [service, key, value]);
  };
  for (const { service, operation, status, attributes, resource } of spans) {
    add(service, 'operation', operation);
    if (status === 'error') add(service, 'status', 'error');
    for (const [key, value] of Object.entries(resource)) add(service, key, value);
    for (const [key, value] of Object.entries(attributes)) add(service, key, value);
  }
  return out;
}

/** Of Murmur3's finalizer: spreads numbers that lie together over 32 bits. */
function hashOf(value: number, seed: number): number {
  let hash = Math.imul(value + 1, seed);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
