import { subtree, type TraceTree, type TreeSpan } from '../trace-tree.ts';

/** What makes calls one and the same, besides who makes them. */
export type CallSpan = TreeSpan & { statement?: string | undefined; peer?: string | undefined };

/** The same call many times under one parent, one after another: an N+1. */
export interface Repeat<S> {
  parent: S;
  /** In the order of time. */
  calls: readonly S[];
  totalMs: number;
}

/** So many of one kind under one parent are told. Fewer are usually meant. */
export const leastRepeats = 5;
/** Calls that run at once to more than this share of their time are a fan-out, not one after another. */
const mostConcurrent = 0.1;

/**
 * The calls that a parent makes again and again, one after another: of one service, operation and statement (or
 * peer), at least `leastRepeats`. Work without a call in it is no call, however often it is repeated; work of the
 * own process that makes a call each time is (an ORM's span around its statement).
 */
export function repeats<S extends CallSpan>(tree: TraceTree<S>, root: S): Repeat<S>[] {
  const spans = subtree(tree, root);
  const calling = new Set<S>();
  for (const span of spans.toReversed())
    if (
      span.kind === 'client' ||
      span.kind === 'producer' ||
      tree.children.get(span.spanId)?.some(child => calling.has(child))
    )
      calling.add(span);
  return spans.flatMap(parent =>
    [
      ...Map.groupBy(
        (tree.children.get(parent.spanId) ?? []).filter(child => calling.has(child)),
        callKey,
      ),
    ]
      .filter(([, calls]) => calls.length >= leastRepeats && areSequential(calls))
      .map(([, calls]) => ({ parent, calls, totalMs: calls.reduce((sum, one) => sum + one.durationMs, 0) })),
  );
}

/** Equal for what counts as the same work: of one service, operation, kind, statement and peer. */
export function callKey({
  service,
  operation,
  kind,
  statement,
  peer,
}: Pick<CallSpan, 'service' | 'operation' | 'kind' | 'statement' | 'peer'>): string {
  return [service, operation, kind, statement ?? '', peer ?? ''].join('\u0000');
}

/** `calls` in the order of beginning. */
function areSequential(calls: readonly TreeSpan[]): boolean {
  let until = Number.NEGATIVE_INFINITY;
  let total = 0;
  let atOnce = 0;
  for (const { offsetMs, durationMs } of calls) {
    const end = offsetMs + durationMs;
    atOnce += Math.max(0, Math.min(end, until) - offsetMs);
    total += durationMs;
    until = Math.max(until, end);
  }
  return atOnce <= total * mostConcurrent;
}
