import { cut, ms } from './text.ts';
import type { Span } from './trace.ts';

export interface Step {
  span: Span;
  depth: number;
  /** `├─ `, `│  └─ ` and so on. */
  branch: string;
  /** Time in which none of its children ran. */
  selfMs: number;
}

/**
 * The spans of a trace as a tree in the order of their beginning. A span whose parent is not there (not sent yet, or
 * sampled away) is a root of its own.
 */
export function steps(spans: readonly Span[]): Step[] {
  const byId = new Map(spans.map(span => [span.spanId, span]));
  const roots: Span[] = [];
  const children = new Map<string, Span[]>();
  for (const span of spans) {
    const parent = span.parentSpanId;
    if (parent === undefined || parent === span.spanId || !byId.has(parent)) roots.push(span);
    else children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  const out: Step[] = [];
  const seen = new Set<string>();
  const walk = (span: Span, depth: number, branch: string, indent: string) => {
    // Spans that name each other as parents are no tree: each is shown once.
    if (seen.has(span.spanId)) return;
    seen.add(span.spanId);
    const below = children.get(span.spanId) ?? [];
    out.push({ span, depth, branch, selfMs: selfMs(span, below) });
    for (const [index, child] of below.entries()) {
      const last = index === below.length - 1;
      walk(child, depth + 1, `${indent}${last ? '└─ ' : '├─ '}`, `${indent}${last ? '   ' : '│  '}`);
    }
  };
  for (const root of roots) walk(root, 0, '', '');
  for (const span of spans) walk(span, 0, '', '');
  return out;
}

/** A span's duration without the union of its children's, each cut to the span. */
function selfMs(span: Span, children: readonly Span[]): number {
  const end = span.offsetMs + span.durationMs;
  const parts = children
    .map(
      child =>
        [Math.max(child.offsetMs, span.offsetMs), Math.min(child.offsetMs + child.durationMs, end)] as const,
    )
    .filter(([from, to]) => to > from)
    .sort(([a], [b]) => a - b);
  let covered = 0;
  let until = span.offsetMs;
  for (const [from, to] of parts) {
    covered += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return Math.max(0, span.durationMs - covered);
}

/** The span in which most of the time went by itself; undefined for no spans. */
export function bottleneck(all: readonly Step[]): Step | undefined {
  return all.reduce<Step | undefined>(
    (best, step) => (best === undefined || step.selfMs > best.selfMs ? step : best),
    undefined,
  );
}

const barWidth = 20;
const nameWidth = 34;

/** The trace as text, 80 columns: tree, duration, a bar on the time line, errors, and `◄ bottleneck`. */
export function waterfall(spans: readonly Span[]): string {
  if (spans.length === 0) return 'No spans.';
  const all = steps(spans);
  const slowest = bottleneck(all);
  const total = Math.max(...spans.map(span => span.offsetMs + span.durationMs), 1e-6);
  const errors = spans.filter(span => span.status === 'error').length;
  const root = all[0]!.span;
  const lines = all.map(step => {
    const { span, branch } = step;
    const name = cut(`${branch}${span.service} ${span.operation}`, nameWidth).padEnd(nameWidth);
    const from = Math.min(barWidth - 1, Math.floor((span.offsetMs / total) * barWidth));
    const size = Math.max(1, Math.min(barWidth - from, Math.round((span.durationMs / total) * barWidth)));
    const bar = `${' '.repeat(from)}${'▇'.repeat(size)}`.padEnd(barWidth);
    const mark = span.status === 'error' ? ' ✗' : '';
    return `${name} ${ms(span.durationMs).padStart(9)} ${bar}${mark}${step === slowest ? ' ◄ bottleneck' : ''}`.trimEnd();
  });
  const where = slowest!;
  const statement = where.span.attributes['db.query.text'] ?? where.span.attributes['db.statement'];
  return [
    `Trace ${root.traceId}  ${root.at}`,
    `${root.service} ${root.operation}: ${ms(total)}, ${spans.length} spans${errors > 0 ? `, ${errors} with an error` : ''}`,
    '',
    ...lines,
    '',
    `Most time by itself: ${where.span.service} ${where.span.operation}, ${ms(where.selfMs)} of ${ms(total)}.`,
    ...(statement === undefined ? [] : [`  ${cut(statement.replace(/\s+/g, ' '), 400)}`]),
    ...all
      .filter(({ span }) => span.statusMessage !== undefined)
      .slice(0, 5)
      .map(({ span }) => `Error in ${span.service} ${span.operation}: ${cut(span.statusMessage!, 200)}`),
  ].join('\n');
}
