import type { TraceTree, TreeSpan } from './trace-tree.ts';

/** Time in which the request waited for this span's own work, in ms on the trace's time line. */
export interface Segment<S> {
  span: S;
  from: number;
  to: number;
}

export interface CriticalPath<S> {
  /** In the order of time; each begins where the one before ended, from the root's beginning to its end. */
  segments: Segment<S>[];
  /** Spans of other hosts that lay outside the call that waited for them, moved into it: the clocks differ. */
  shifted: number;
  /** Spans that went on after their parent had ended: nobody waited for them, they are not on the path. */
  asynchronous: number;
}

/** Spans of one process end a little after their parent where its clock is coarse. */
const coarseClockMs = 1;

/**
 * What a request waited for, from its end back to its beginning: of a span's children the last to finish is on the
 * path, then, before that one began, the last to finish of those that had finished by then; what no child covers is
 * the span's own time. (Zhang et al.: "CRISP: Critical Path Analysis of Large-Scale Microservice Architectures",
 * USENIX ATC 2022; Jaeger's critical path walks likewise.)
 *
 * Children that go on after their parent are asynchronous unless the parent is a call that they answer, which then
 * gave up waiting: their time up to there counts. A span of another service that begins before its caller, or after
 * it had ended, shows that clocks differ, and is moved into the middle of the call, as Jaeger does.
 */
export function criticalPath<S extends TreeSpan>(tree: TraceTree<S>, root: S): CriticalPath<S> {
  const path: CriticalPath<S> = { segments: [], shifted: 0, asynchronous: 0 };
  const own = (span: S, from: number, to: number) => {
    if (to > from) path.segments.push({ span, from, to });
  };
  const frameOf = (placed: Placed<S>, from: number, to: number): Frame<S> => ({
    ...placed,
    from,
    cursor: to,
    waiting: placedChildren(tree, placed, to, path),
  });
  const end = root.offsetMs + Math.max(0, root.durationMs);
  const top = { span: root, begin: root.offsetMs, end, until: end, shift: 0 };
  const stack = [frameOf(top, root.offsetMs, end)];
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const child = nextBack(frame);
    if (child === undefined) {
      own(frame.span, frame.from, frame.cursor);
      stack.pop();
      continue;
    }
    const from = Math.max(child.begin, frame.from);
    const to = Math.min(child.until, frame.cursor);
    own(frame.span, to, frame.cursor);
    frame.cursor = from;
    stack.push(frameOf(child, from, to));
  }
  path.segments.reverse();
  return path;
}

/** Each span's own time on the path, in ms. */
export function selfTimes<S>(segments: readonly Segment<S>[]): Map<S, number> {
  const times = new Map<S, number>();
  for (const { span, from, to } of segments) times.set(span, (times.get(span) ?? 0) + to - from);
  return times;
}

/** A span where its trace's clocks, made equal, say that it was. */
interface Placed<S> {
  span: S;
  begin: number;
  end: number;
  /** Its end, or where the part of its parent ends that is on the path. */
  until: number;
  /** What was added to its times, and is to be added to its children's. */
  shift: number;
}

interface Frame<S> extends Placed<S> {
  /** The part of the span that is on the path begins here. */
  from: number;
  /** And is told from its end back to here. */
  cursor: number;
  /** Children that may be on the path, the last to finish at the end. */
  waiting: Placed<S>[];
}

/** The last child to finish before the cursor, taken from those that wait. */
function nextBack<S>({ waiting, cursor, from }: Frame<S>): Placed<S> | undefined {
  for (let child = waiting.pop(); child !== undefined; child = waiting.pop()) {
    const late = child.until - cursor;
    if (Math.min(child.until, cursor) <= Math.max(child.begin, from)) continue;
    if (late <= 0 || late <= overlapAllowed(child.end - child.begin)) return child;
  }
  return undefined;
}

/** How much of what came one after another may seem to have been at once: clocks and their reading are not exact. */
function overlapAllowed(durationMs: number): number {
  return Math.max(durationMs * 0.05, Math.min(coarseClockMs, durationMs / 2));
}

/** @param until where the parent's part of the path ends: what ran on beyond it counts up to there */
function placedChildren<S extends TreeSpan>(
  { children }: TraceTree<S>,
  parent: Placed<S>,
  until: number,
  told: { shifted: number; asynchronous: number },
): Placed<S>[] {
  const out: Placed<S>[] = [];
  for (const span of children.get(parent.span.spanId) ?? []) {
    const placed = place(span, parent);
    if (placed === undefined) {
      told.asynchronous += 1;
      continue;
    }
    if (placed.shift !== parent.shift) told.shifted += 1;
    if (placed.begin < until) out.push({ ...placed, until: Math.min(placed.end, until) });
  }
  // What is popped comes last: the latest to finish, of equals the longest, of equals the first by order.
  return out.reverse().sort((a, b) => a.until - b.until || b.begin - a.begin);
}

/** Undefined for one that nobody waited for. */
function place<S extends TreeSpan>(span: S, parent: Placed<S>): Placed<S> | undefined {
  const duration = Math.max(0, span.durationMs);
  const at = (shift: number) => {
    const begin = span.offsetMs + shift;
    const end = begin + duration;
    return { span, begin, end, until: end, shift };
  };
  const placed = at(parent.shift);
  const elsewhere = span.service !== parent.span.service && span.kind !== 'consumer';
  const answers = elsewhere && parent.span.kind === 'client';
  if (elsewhere && (placed.begin < parent.begin || (answers && placed.begin >= parent.end && duration > 0))) {
    const room = Math.max(0, parent.end - parent.begin - duration);
    return at(parent.shift + parent.begin + room / 2 - placed.begin);
  }
  if (placed.end > parent.end + coarseClockMs && !answers) return undefined;
  return placed;
}
