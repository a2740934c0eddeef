import type { Span } from './trace.ts';

/** What of a span says where it stands in its trace. */
export type TreeSpan = Pick<
  Span,
  'spanId' | 'parentSpanId' | 'service' | 'operation' | 'kind' | 'offsetMs' | 'durationMs' | 'status'
>;

/** The spans of a trace as trees, whatever their order and however much of the trace is there. */
export interface TraceTree<S extends TreeSpan> {
  /** Each span id once, in the order of beginning. */
  spans: readonly S[];
  /** Spans without a parent here, in the order of beginning. */
  roots: readonly S[];
  /** Children by their parent's id, in the order of beginning. */
  children: ReadonlyMap<string, readonly S[]>;
  /** What did not fit a tree, so that nobody takes half a trace for a whole one. */
  gaps: TreeGaps;
}

export interface TreeGaps {
  /** Spans left out because another span has their id. */
  duplicates: number;
  /** Spans whose parent is not there: not sent yet, lost or sampled away. They are roots of their own. */
  missingParents: number;
  /** Circles of spans that name each other as parents; the earliest of each is taken as a root. */
  cycles: number;
}

/** Earlier first, then longer, then by what they are: no order of the input shows in the order of the output. */
export function inOrder(a: TreeSpan, b: TreeSpan): number {
  return (
    a.offsetMs - b.offsetMs ||
    b.durationMs - a.durationMs ||
    byText(a.spanId, b.spanId) ||
    byText(a.service, b.service) ||
    byText(a.operation, b.operation) ||
    byText(a.kind, b.kind) ||
    byText(a.status, b.status)
  );
}

export function traceTree<S extends TreeSpan>(spans: readonly S[]): TraceTree<S> {
  const byId = new Map<string, S>();
  for (const span of [...spans].sort(inOrder)) if (!byId.has(span.spanId)) byId.set(span.spanId, span);
  const sorted = [...byId.values()];
  const parentOf = (span: S) =>
    span.parentSpanId === undefined || span.parentSpanId === '' ? undefined : byId.get(span.parentSpanId);
  const heads = headsOfCycles(sorted, parentOf);
  const roots: S[] = [];
  const children = new Map<string, S[]>();
  let missingParents = 0;
  for (const span of sorted) {
    const parent = heads.has(span) ? undefined : parentOf(span);
    if (parent === undefined) {
      roots.push(span);
      if (span.parentSpanId !== undefined && span.parentSpanId !== '' && !heads.has(span))
        missingParents += 1;
      continue;
    }
    const siblings = children.get(parent.spanId);
    if (siblings === undefined) children.set(parent.spanId, [span]);
    else siblings.push(span);
  }
  return {
    spans: sorted,
    roots,
    children,
    gaps: { duplicates: spans.length - sorted.length, missingParents, cycles: heads.size },
  };
}

/** The earliest span of each circle of parents. `sorted` is in order. */
function headsOfCycles<S extends TreeSpan>(
  sorted: readonly S[],
  parentOf: (span: S) => S | undefined,
): Set<S> {
  const heads = new Set<S>();
  /** Which walk a span was seen in. */
  const seen = new Map<S, number>();
  for (const [walk, start] of sorted.entries()) {
    let at: S | undefined = start;
    while (at !== undefined && !seen.has(at)) {
      seen.set(at, walk);
      at = parentOf(at);
    }
    if (at === undefined || seen.get(at) !== walk) continue;
    let head = at;
    for (let next = parentOf(at)!; next !== at; next = parentOf(next)!)
      if (inOrder(next, head) < 0) head = next;
    heads.add(head);
  }
  return heads;
}

/** The root that stands for the whole trace: one that nobody called, the longest of them; else the longest of all. */
export function mainRoot<S extends TreeSpan>({ roots }: TraceTree<S>): S | undefined {
  const called = (span: S) => (span.parentSpanId === undefined || span.parentSpanId === '' ? 0 : 1);
  return [...roots].sort((a, b) => called(a) - called(b) || b.durationMs - a.durationMs || inOrder(a, b))[0];
}

/** A span and all below it, parents before children, in the order of beginning. */
export function subtree<S extends TreeSpan>({ children }: TraceTree<S>, root: S): S[] {
  const out: S[] = [];
  const open = [root];
  for (let span = open.pop(); span !== undefined; span = open.pop()) {
    out.push(span);
    const below = children.get(span.spanId) ?? [];
    for (let index = below.length - 1; index >= 0; index--) open.push(below[index]!);
  }
  return out;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
