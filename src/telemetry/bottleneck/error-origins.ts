import { subtree, type TraceTree, type TreeSpan } from '../trace-tree.ts';

export interface ErrorOrigin<S> {
  span: S;
  /** Whether every span from the root down to it failed too: then it is why the request failed. */
  reachesRoot: boolean;
}

/**
 * The failing spans in which errors began, without the callers that only passed them on: those below which nothing
 * failed that they could have passed on. A span that does not say how it went (most spans of a process's inner work)
 * passes errors through; a server or a call that did not fail has dealt with what failed below it.
 */
export function errorOrigins<S extends TreeSpan>(tree: TraceTree<S>, root: S): ErrorOrigin<S>[] {
  const spans = subtree(tree, root);
  const childrenOf = (span: S) => tree.children.get(span.spanId) ?? [];
  /** Spans out of which an error comes. */
  const failing = new Set<S>();
  const origins = new Set<S>();
  for (const span of spans.toReversed()) {
    const below = childrenOf(span).some(child => failing.has(child));
    if (span.status === 'error' && !below) origins.add(span);
    if (span.status === 'error' || (below && isOpen(span))) failing.add(span);
  }
  const linked = new Set<S>(root.status === 'error' ? [root] : []);
  for (const span of spans)
    if (linked.has(span)) for (const child of childrenOf(span)) if (failing.has(child)) linked.add(child);
  return spans.filter(span => origins.has(span)).map(span => ({ span, reachesRoot: linked.has(span) }));
}

function isOpen({ status, kind }: TreeSpan): boolean {
  return status === 'unset' && kind === 'internal';
}
