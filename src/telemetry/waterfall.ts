import { cut, ms } from './text.ts';
import type { Span } from './trace.ts';
import { failureOf, type TraceView } from './trace-view.ts';

const width = 80;
const nameWidth = 38;
const barWidth = 17;
/** Rows of a large trace: those that matter most. */
const mostRows = 40;
/** Columns of branches; what is deeper is not indented further. */
const widestIndent = 18;
const mostTold = 5;

/** A line of the waterfall: one span, or all the calls of an N+1. */
interface Row {
  spans: readonly Span[];
  /** The spans of the line and, of an N+1, all below them. */
  inside: Span[];
  below: Row[];
  /** Spans below that have no line of their own. */
  hidden: number;
}

/**
 * The trace as text, 80 columns: the answer first, then tree, durations and bars: `█` is time on the critical path,
 * `░` the span's other time. Calls made again and again are one row. Of a large trace there is what matters most.
 */
export function waterfall(view: TraceView): string {
  const { tree, root, bottleneck, origins, repeats, notes } = view;
  const { spans } = tree;
  const end = Math.max(...spans.map(span => span.offsetMs + span.durationMs), 1e-6);
  const began = new Set(origins.map(({ span }) => span));
  const segments = Map.groupBy(view.segments, ({ span }) => span);
  const bar = barOver(end);
  const lines: string[] = [];
  const draw = ({ spans: own, inside, below, hidden }: Row, branch: string, indent: string) => {
    const many = own.length > 1 ? ` × ${own.length}` : '';
    const failed = inside.some(span => span.status === 'error') ? '✗ ' : '';
    const room = nameWidth - branch.length - failed.length - many.length;
    const name = `${branch}${failed}${cut(named(own[0]!), room)}${many}`.padEnd(nameWidth);
    const took = own.reduce((sum, span) => sum + span.durationMs, 0);
    const onPath = inside.flatMap(span => segments.get(span) ?? []);
    const mark = inside.includes(bottleneck.span)
      ? ' ◄ bottleneck'
      : inside.some(span => began.has(span))
        ? ' ◄ error'
        : '';
    lines.push(`${name} ${ms(took).padStart(9)} ${bar(own, onPath)}${mark}`.trimEnd());
    const inner = indent.length < widestIndent;
    for (const [index, child] of below.entries()) {
      const last = index === below.length - 1 && hidden === 0;
      draw(child, `${indent}${last ? '└─ ' : '├─ '}`, inner ? `${indent}${last ? '   ' : '│  '}` : indent);
    }
    if (hidden > 0) lines.push(`${indent}└─ … ${counted(hidden, 'span')} more`);
  };
  for (const row of rowsOf(view)) draw(row, '', '');
  const errors = spans.filter(span => span.status === 'error').length;
  const statement = statementOf(bottleneck.span);
  const fitting = (text: string) => cut(text.replace(/\s+/g, ' '), width);
  return [
    `Trace ${root.traceId}  ${root.at}`,
    fitting(
      `${named(root)}: ${ms(root.durationMs)}, ${counted(spans.length, 'span')}${errors > 0 ? `, ${errors} with an error` : ''}`,
    ),
    '',
    ...lines,
    '',
    fitting(
      `Most of the wait: ${named(bottleneck.span)}${bottleneck.spans > 1 ? ` × ${bottleneck.spans}` : ''}, ` +
        `${ms(bottleneck.selfMs)} of ${ms(root.durationMs)}.`,
    ),
    ...(statement === undefined ? [] : [`  ${cut(statement, 400)}`]),
    ...repeats
      .slice(0, mostTold)
      .map(({ parent, calls, totalMs }) =>
        fitting(
          `N+1: ${named(calls[0]!)} × ${calls.length}, one after another, ${ms(totalMs)}, in ${named(parent)}`,
        ),
      ),
    ...origins
      .slice(0, mostTold)
      .map(({ span, reachesRoot }) =>
        cut(
          `Error in ${named(span)}: ${failureOf(span).replace(/\s+/g, ' ')}${reachesRoot ? '' : ' (callers went on)'}`,
          240,
        ),
      ),
    ...(origins.length > mostTold
      ? [`… and ${counted(origins.length - mostTold, 'error')} more; --json gives all.`]
      : []),
    ...notes.map(note => fitting(`Note: ${note}`)),
    '█ on the critical path  ░ the rest of the span',
  ].join('\n');
}

/** The rows to draw, as trees; of more rows than fit, those that matter. */
function rowsOf(view: TraceView): Row[] {
  const { root, selfMs, bottleneck, origins } = view;
  const parents = allRows(view);
  const began = new Set(origins.map(({ span }) => span));
  const weight = ({ inside }: Row) =>
    inside.includes(root)
      ? Number.POSITIVE_INFINITY
      : inside.includes(bottleneck.span)
        ? Number.MAX_VALUE
        : inside.reduce((sum, span) => sum + (selfMs.get(span) ?? 0) + (began.has(span) ? 1e9 : 0), 0);
  const kept = new Set(
    [...parents.keys()]
      .map(row => ({ row, weight: weight(row) }))
      .sort((a, b) => b.weight - a.weight)
      .slice(0, mostRows)
      .map(({ row }) => row),
  );
  const tops: Row[] = [];
  let above: Row | undefined;
  let lost = 0;
  for (const row of parents.keys()) {
    for (above = parents.get(row); above !== undefined && !kept.has(above); ) above = parents.get(above);
    const shown = kept.has(row);
    if (shown) (above === undefined ? tops : above.below).push(row);
    const hidden = shown ? row.inside.length - row.spans.length : row.inside.length;
    if (shown) row.hidden += hidden;
    else if (above === undefined) lost += hidden;
    else above.hidden += hidden;
  }
  tops[0]!.hidden += lost;
  return tops;
}

/** All rows with the row above each, callers first. The calls of an N+1, and all below them, are one. */
function allRows({ tree, repeats }: TraceView): Map<Row, Row | undefined> {
  const folds = new Map<Span, readonly Span[]>();
  for (const { calls } of repeats) for (const call of calls) folds.set(call, calls);
  const parents = new Map<Row, Row | undefined>();
  const rows = new Map<readonly Span[], Row>();
  const open: { span: Span; above: Row | undefined }[] = tree.roots
    .map(span => ({ span, above: undefined }))
    .reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { span, above } = next;
    let row = above;
    if (above === undefined || above.spans.length === 1) {
      const spans = folds.get(span) ?? [span];
      row = rows.get(spans);
      if (row === undefined) {
        row = { spans, inside: [], below: [], hidden: 0 };
        rows.set(spans, row);
        parents.set(row, above);
      }
    }
    row!.inside.push(span);
    const below = tree.children.get(span.spanId) ?? [];
    for (let index = below.length - 1; index >= 0; index--) open.push({ span: below[index]!, above: row });
  }
  return parents;
}

/** Draws a time line of so many ms. */
function barOver(
  end: number,
): (spans: readonly Span[], onPath: readonly { from: number; to: number }[]) => string {
  return (spans, onPath) => {
    const cells = Array.from({ length: barWidth }, () => ' ');
    const fill = (from: number, to: number, mark: string) => {
      const first = Math.max(0, Math.min(barWidth - 1, Math.floor((from / end) * barWidth)));
      cells.fill(mark, first, Math.max(first + 1, Math.min(barWidth, Math.round((to / end) * barWidth))));
    };
    for (const { offsetMs, durationMs } of spans) fill(offsetMs, offsetMs + durationMs, '░');
    for (const { from, to } of onPath) fill(from, to, '█');
    return cells.join('');
  };
}

function named({ service, operation }: Span): string {
  return `${service} ${operation}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function statementOf({ statement, attributes }: Span): string | undefined {
  return (attributes['db.query.text'] ?? attributes['db.statement'] ?? statement)?.replace(/\s+/g, ' ');
}
