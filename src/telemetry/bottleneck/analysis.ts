import type { Instant } from '../../kernel/index.ts';
import { masked } from '../log-token.ts';
import { cut, ms } from '../text.ts';
import type { TraceTree } from '../trace-tree.ts';
import type { Bottleneck, What } from './bottleneck.ts';
import { errorOrigins } from './error-origins.ts';
import { type AttributedSpan, overRepresented } from './over-represented.ts';
import { type CallSpan, callKey, repeats } from './repeats.ts';
import { type PathShare, pathShares } from './shares.ts';

/** A span as the analysis wants it. */
export type RequestSpan = CallSpan &
  AttributedSpan & { statusMessage?: string | undefined; errorType?: string | undefined };

/** A request that was looked at: a span and all below it. */
export interface SampledRequest {
  traceId: string;
  tree: TraceTree<RequestSpan>;
  root: RequestSpan;
  /** Why it is in the sample; one may be there for two reasons. */
  timed: boolean;
  slow: boolean;
  failed: boolean;
}

/** What is known of all requests in the window, beyond the sample. */
export interface Population {
  from: Instant;
  to: Instant;
  requests: number;
  slow: number;
  failed: number;
  slowMeans: string;
  /** Traces that were too large to be read whole. */
  cut: number;
  /** Requests of the sample whose spans could not be read within the bounds. */
  unread: number;
  /** No span without a parent was sent: requests are the first spans that were. */
  rootsAreLost: boolean;
}

/** Less is an anecdote. */
const fewest = 5;
const mostRows = 20;

/** What explains that requests are slow, and where they fail. Pure; the order of the requests does not matter. */
export function bottleneck(sample: readonly SampledRequest[], population: Population): Bottleneck {
  const requests = sample.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  const timed = requests.filter(one => one.timed);
  const failing = requests.filter(one => one.failed && one.root.status === 'error');
  const times = pathShares<RequestSpan>(timed);
  const slowCount = timed.filter(one => one.slow).length;
  const rest = population.requests - population.slow;
  const added = times.slowMs - times.restMs;
  // As the sample has more slow requests than there are, each half counts as much as it has requests.
  const overall = (slowMs: number, restMs: number) =>
    population.requests === 0 ? 0 : (slowMs * population.slow + restMs * rest) / population.requests;
  const compared = slowCount > 0 && timed.length > slowCount;
  const criticalPath = times.shares
    .map(share => {
      const selfMs = overall(share.slowMs, share.restMs);
      const addedMs = compared ? share.slowMs - share.restMs : 0;
      return {
        ...whatOf(share.span),
        selfMs,
        share: ratio(selfMs, overall(times.slowMs, times.restMs)),
        slowSelfMs: share.slowMs,
        restSelfMs: share.restMs,
        addedMs,
        addedShare: compared ? ratio(addedMs, added) : 0,
        callsPerRequest: share.calls,
        exampleTraceId: share.exampleTraceId,
      };
    })
    .sort((a, b) => b.addedMs - a.addedMs || b.selfMs - a.selfMs || (callKey(a) < callKey(b) ? -1 : 1));
  const attributes = overRepresented(timed);
  const verdict = verdictOf();
  return {
    from: population.from,
    to: population.to,
    sentence: sentence(),
    verdict,
    traces: population.requests,
    lookedAt: requests.length,
    spans: requests.reduce((sum, { tree }) => sum + tree.spans.length, 0),
    slowMeans: population.slowMeans,
    slow: { requests: population.slow, lookedAt: slowCount, meanMs: times.slowMs },
    rest: { requests: rest, lookedAt: timed.length - slowCount, meanMs: times.restMs },
    criticalPath: criticalPath.slice(0, mostRows),
    overRepresented: attributes.found,
    attributesTested: attributes.tested,
    nPlusOne: repeated(timed),
    failed: { requests: population.failed, lookedAt: failing.length },
    errorOrigins: origins(failing),
    notes: notes(requests, population, { ...times, attributesLeftOut: attributes.leftOut }),
  };

  function verdictOf(): Bottleneck['verdict'] {
    if (population.requests === 0 || timed.length === 0) return 'no_data';
    if (population.slow === 0) return 'no_difference';
    if (slowCount < fewest || timed.length - slowCount < fewest) return 'too_few';
    return (criticalPath[0]?.addedShare ?? 0) >= 0.5 ? 'clear' : 'spread';
  }

  function sentence(): string {
    const [first, second] = criticalPath;
    const most = () => {
      const longest = criticalPath.reduce((a, b) => (b.selfMs > a.selfMs ? b : a));
      const seen = timed.length < population.requests ? `, in the ${count(timed.length)} looked at` : '';
      return `Most time${seen}: ${whatText(longest)}, ${ms(longest.selfMs)} of ${ms(overall(times.slowMs, times.restMs))} a request.`;
    };
    if (verdict === 'no_data') return 'No data: no request of these was seen in this window.';
    if (verdict === 'no_difference')
      return `${population.requests === 1 ? 'The one request is not' : `None of ${count(population.requests)} requests is`} slow (${population.slowMeans}). ${first === undefined ? '' : most()}`.trimEnd();
    if (verdict === 'too_few')
      return `${count(population.slow)} of ${requestCount(population.requests)} ${population.slow === 1 ? 'is' : 'are'} slow (${population.slowMeans}): too few of ${slowCount < fewest ? 'them' : 'the others'} to compare. ${first === undefined ? '' : most()}`.trimEnd();
    // Every figure of the sentence is of those that were looked at.
    const of =
      slowCount < population.slow
        ? `${count(slowCount)} slow requests looked at, of ${count(population.slow)}`
        : `${count(population.slow)} slow requests`;
    if (verdict === 'clear')
      return `Of ${of}, ${percent(first!.addedShare)} of the added time is in ${whatText(first!)} (${ms(first!.addedMs)} of ${ms(added)} a request).`;
    return `The added time of ${of}${slowCount < population.slow ? ',' : ''} is spread: ${percent(first!.addedShare)} in ${whatText(first!)}${second === undefined ? '' : `, ${percent(second.addedShare)} in ${whatText(second)}`} (${ms(added)} a request in all).`;
  }
}

function repeated(requests: readonly SampledRequest[]): Bottleneck['nPlusOne'] {
  interface Group {
    what: What;
    parent: RequestSpan;
    counts: number[];
    byRequest: Map<SampledRequest, number>;
  }
  const groups = new Map<string, Group>();
  for (const request of requests)
    for (const { parent, calls, totalMs } of repeats(request.tree, request.root)) {
      const id = `${parent.service}\u0000${parent.operation}\u0000${callKey(calls[0]!)}`;
      let group = groups.get(id);
      if (group === undefined) {
        group = { what: whatOf(calls[0]!), parent, counts: [], byRequest: new Map() };
        groups.set(id, group);
      }
      group.counts.push(calls.length);
      group.byRequest.set(request, (group.byRequest.get(request) ?? 0) + totalMs);
    }
  return [...groups.values()]
    .map(({ what, parent, counts, byRequest }) => {
      counts.sort((a, b) => a - b);
      const total = sum(byRequest.values());
      const [worst] = [...byRequest].reduce((a, b) => (b[1] > a[1] ? b : a));
      return {
        ...what,
        parentService: parent.service,
        parentOperation: parent.operation,
        requests: byRequest.size,
        calls: { least: counts[0]!, median: counts[counts.length >> 1]!, most: counts.at(-1)! },
        totalMs: total / byRequest.size,
        share: ratio(total, sum([...byRequest.keys()].map(({ root }) => root.durationMs))),
        exampleTraceId: worst.traceId,
      };
    })
    .sort((a, b) => b.totalMs * b.requests - a.totalMs * a.requests)
    .slice(0, mostRows);
}

function origins(requests: readonly SampledRequest[]): Bottleneck['errorOrigins'] {
  interface Group {
    span: RequestSpan;
    error: string;
    requests: Set<SampledRequest>;
    reaching: Set<SampledRequest>;
  }
  const groups = new Map<string, Group>();
  for (const request of requests)
    for (const { span, reachesRoot } of errorOrigins(request.tree, request.root)) {
      const error = errorText(span);
      const id = `${span.service}\u0000${span.operation}\u0000${error}`;
      let group = groups.get(id);
      if (group === undefined) {
        group = { span, error, requests: new Set(), reaching: new Set() };
        groups.set(id, group);
      }
      group.requests.add(request);
      if (reachesRoot) group.reaching.add(request);
    }
  return [...groups.values()]
    .map(({ span, error, requests, reaching }) => {
      const [example] = reaching.size > 0 ? reaching : requests;
      return {
        service: span.service,
        operation: span.operation,
        error,
        requests: requests.size,
        reachRoot: reaching.size,
        ...(span.statusMessage === undefined || span.statusMessage === ''
          ? {}
          : { message: cut(span.statusMessage, 300) }),
        exampleTraceId: example!.traceId,
      };
    })
    .sort((a, b) => b.reachRoot - a.reachRoot || b.requests - a.requests)
    .slice(0, mostRows);
}

/** What kind of error it is: its type, else its message without values, else the status of HTTP or RPC. */
export function errorText(span: Pick<RequestSpan, 'errorType' | 'statusMessage' | 'attributes'>): string {
  const { errorType, statusMessage, attributes } = span;
  const type = errorType || attributes['error.type'] || attributes['exception.type'];
  const message = statusMessage ? masked(statusMessage) : undefined;
  const http = attributes['http.response.status_code'] ?? attributes['http.status_code'];
  if (type !== undefined && type !== '' && type !== '_OTHER')
    return cut(
      message === undefined || message === type
        ? type === http
          ? `HTTP ${type}`
          : type
        : `${type}: ${message}`,
      200,
    );
  if (message !== undefined) return cut(message, 200);
  if (http !== undefined) return `HTTP ${http}`;
  const rpc = attributes['rpc.grpc.status_code'] ?? attributes['rpc.response.status_code'];
  return rpc === undefined ? 'no reason given' : `gRPC status ${rpc}`;
}

function notes(
  requests: readonly SampledRequest[],
  { cut, unread, rootsAreLost }: Population,
  {
    shifted,
    asynchronous,
    attributesLeftOut,
  }: { shifted: number; asynchronous: number; attributesLeftOut: number },
): string[] {
  const gaps = { duplicates: 0, missingParents: 0, cycles: 0 };
  // Several requests of one trace share a tree.
  for (const { gaps: own } of new Set(requests.map(({ tree }) => tree))) {
    gaps.duplicates += own.duplicates;
    gaps.missingParents += own.missingParents;
    gaps.cycles += own.cycles;
  }
  const told: [number, string][] = [
    [unread, 'requests of the sample were not read: their spans would be too many.'],
    [cut, 'traces are larger than what is read of one: their ends are missing.'],
    [gaps.missingParents, 'spans name a parent that is not there: what is below them is not seen.'],
    [gaps.cycles, 'circles of spans that name each other as parents were cut.'],
    [gaps.duplicates, 'spans have an id that another span of their trace has; they are left out.'],
    [shifted, 'spans lay outside the call that waited for them (clocks differ); moved into it.'],
    [asynchronous, 'spans went on after their parent: nobody waited for them.'],
    [attributesLeftOut, 'attributes were not counted: there are too many different ones.'],
  ];
  const counts = told.flatMap(([number, text]) => (number > 0 ? [`${count(number)} ${text}`] : []));
  return rootsAreLost
    ? [
        'No trace has its root here (a proxy that sends no spans?): requests are the first spans seen.',
        ...counts,
      ]
    : counts;
}

/** `payments: SELECT …`, `gateway POST → payments`, `gateway POST /checkout`. */
export function whatText({ service, operation, statement, peer }: What): string {
  if (statement !== undefined) return `${service}: ${cut(statement, 120)}`;
  return `${service} ${operation}${peer === undefined || operation.includes(peer) ? '' : ` → ${peer}`}`;
}

function whatOf({ service, operation, kind, statement, peer }: PathShare<RequestSpan>['span']): What {
  return {
    service,
    operation,
    kind,
    ...(statement === undefined || statement === '' ? {} : { statement }),
    ...(peer === undefined || peer === '' ? {} : { peer }),
  };
}

const key = ({ traceId, root }: SampledRequest) => `${traceId} ${root.spanId}`;
const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : 0);
const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
const count = (value: number) => value.toLocaleString('en');
/** `1 request`, `7,830 requests`. */
export const requestCount = (value: number) => `${count(value)} ${value === 1 ? 'request' : 'requests'}`;
const percent = (value: number) => `${Math.round(value * 100)} %`;
