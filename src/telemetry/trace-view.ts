import { errorText } from './bottleneck/analysis.ts';
import { type ErrorOrigin, errorOrigins } from './bottleneck/error-origins.ts';
import { callKey, type Repeat, repeats } from './bottleneck/repeats.ts';
import { criticalPath, type Segment, selfTimes } from './critical-path.ts';
import type { Span } from './trace.ts';
import { inOrder, mainRoot, type TraceTree, traceTree } from './trace-tree.ts';

/** A trace with what there is to say of it. */
export interface TraceView {
  tree: TraceTree<Span>;
  root: Span;
  segments: readonly Segment<Span>[];
  /** Own time on the critical path; spans that are not on it are missing. */
  selfMs: ReadonlyMap<Span, number>;
  /** The work that took most of the path: of all spans that are the same work, the longest. */
  bottleneck: { span: Span; selfMs: number; spans: number };
  repeats: readonly Repeat<Span>[];
  origins: readonly ErrorOrigin<Span>[];
  notes: readonly string[];
}

/** Undefined for no spans. */
export function traceView(spans: readonly Span[]): TraceView | undefined {
  const tree = traceTree(spans);
  const root = mainRoot(tree);
  if (root === undefined) return undefined;
  const { segments, shifted, asynchronous } = criticalPath(tree, root);
  const selfMs = selfTimes(segments);
  return {
    tree,
    root,
    segments,
    selfMs,
    bottleneck: bottleneckOf(selfMs) ?? { span: root, selfMs: 0, spans: 1 },
    repeats: tree.roots.flatMap(one => repeats(tree, one)),
    origins: tree.roots.flatMap(one =>
      errorOrigins(tree, one).map(found => ({ ...found, reachesRoot: found.reachesRoot && one === root })),
    ),
    notes: notesOf(tree, shifted, asynchronous),
  };
}

function bottleneckOf(selfMs: ReadonlyMap<Span, number>): TraceView['bottleneck'] | undefined {
  const works = [...Map.groupBy(selfMs, ([span]) => callKey(span)).values()].map(own => {
    const longest = own.reduce((a, b) => (b[1] > a[1] || (b[1] === a[1] && inOrder(b[0], a[0]) < 0) ? b : a));
    return { span: longest[0], selfMs: own.reduce((sum, [, ms]) => sum + ms, 0), spans: own.length };
  });
  return works.sort((a, b) => b.selfMs - a.selfMs || inOrder(a.span, b.span))[0];
}

function notesOf({ gaps, roots }: TraceTree<Span>, shifted: number, asynchronous: number): string[] {
  const notes: string[] = [];
  const spans = (count: number) => (count === 1 ? '1 span' : `${count} spans`);
  if (gaps.missingParents > 0)
    notes.push(`${spans(gaps.missingParents)} of ${roots.length} roots name a parent that is not there.`);
  if (gaps.cycles > 0) notes.push(`Parents go round in a circle (${gaps.cycles}); cut at the earliest span.`);
  if (gaps.duplicates > 0) notes.push(`${spans(gaps.duplicates)} with an id that another has, left out.`);
  if (shifted > 0)
    notes.push(`${spans(shifted)} outside the waiting call: clocks differ; moved for the critical path.`);
  if (asynchronous > 0)
    notes.push(`${spans(asynchronous)} went on after the parent: nobody waited, not on the critical path.`);
  return notes;
}

/** Why a span failed, in a few words. */
export function failureOf(span: Span): string {
  const exception = span.events.find(event => event.name === 'exception')?.attributes;
  const message = span.statusMessage ?? exception?.['exception.message'];
  const type = exception?.['exception.type'];
  // One trace: the message as it is, values included.
  return message === undefined
    ? errorText({ ...span, errorType: type })
    : type === undefined
      ? message
      : `${type}: ${message}`;
}
