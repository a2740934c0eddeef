import { criticalPath } from '../critical-path.ts';
import type { TraceTree } from '../trace-tree.ts';
import { type CallSpan, callKey } from './repeats.ts';

export interface TimedRequest<S> {
  traceId: string;
  tree: TraceTree<S & CallSpan>;
  root: S;
  slow: boolean;
}

/** Own time on the critical path of what is the same work: one service, operation, kind, statement and peer. */
export interface PathShare<S> {
  /** One of its spans, for what it is. */
  span: S;
  /** Spans on the path a request, over all that were looked at. */
  calls: number;
  /** Mean a request; of slow requests, of the others. They add up to the mean durations. */
  slowMs: number;
  restMs: number;
  /** The request that it took most of. */
  exampleTraceId: string;
}

export interface PathShares<S> {
  shares: PathShare<S>[];
  /** Mean durations of the requests that were looked at. */
  slowMs: number;
  restMs: number;
  shifted: number;
  asynchronous: number;
}

/**
 * Where requests spend the time that somebody waits for. As each critical path covers its request exactly, the means of
 * all shares add up to the mean duration, and their differences between slow requests and the others to the difference.
 */
export function pathShares<S extends CallSpan>(requests: readonly TimedRequest<S>[]): PathShares<S> {
  const groups = new Map<
    string,
    { span: S; calls: number; slow: number; rest: number; most: number; example: string }
  >();
  const counts = { slow: 0, rest: 0 };
  const totals = { slow: 0, rest: 0 };
  let shifted = 0;
  let asynchronous = 0;
  for (const { traceId, tree, root, slow } of requests) {
    const half = slow ? 'slow' : 'rest';
    counts[half] += 1;
    totals[half] += Math.max(0, root.durationMs);
    const path = criticalPath(tree as TraceTree<S>, root);
    shifted += path.shifted;
    asynchronous += path.asynchronous;
    const own = new Map<string, { ms: number; spans: Set<S> }>();
    for (const { span, from, to } of path.segments) {
      const key = callKey(span);
      const one = own.get(key);
      if (one === undefined) own.set(key, { ms: to - from, spans: new Set([span]) });
      else {
        one.ms += to - from;
        one.spans.add(span);
      }
    }
    for (const [key, { ms, spans }] of own) {
      let group = groups.get(key);
      if (group === undefined) {
        const [span] = spans;
        group = { span: span!, calls: 0, slow: 0, rest: 0, most: -1, example: traceId };
        groups.set(key, group);
      }
      group.calls += spans.size;
      group[half] += ms;
      if (ms > group.most) {
        group.most = ms;
        group.example = traceId;
      }
    }
  }
  const mean = (sum: number, count: number) => (count === 0 ? 0 : sum / count);
  return {
    shares: [...groups.values()].map(({ span, calls, slow, rest, example }) => ({
      span,
      calls: mean(calls, requests.length),
      slowMs: mean(slow, counts.slow),
      restMs: mean(rest, counts.rest),
      exampleTraceId: example,
    })),
    slowMs: mean(totals.slow, counts.slow),
    restMs: mean(totals.rest, counts.rest),
    shifted,
    asynchronous,
  };
}
