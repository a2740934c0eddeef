import type { OutputOf } from '../api.ts';

export type Trace = OutputOf<'traces.show'>;
export type Span = Trace['spans'][number];

/** The spans in the order of a tree, with their depth. One whose parent is not there is a root. */
export function inTree(spans: readonly Span[]): { span: Span; depth: number }[] {
  const ids = new Set(spans.map(span => span.spanId));
  const children = Map.groupBy(spans, span =>
    span.parentSpanId !== undefined && ids.has(span.parentSpanId) ? span.parentSpanId : '',
  );
  const seen = new Set<string>();
  const out: { span: Span; depth: number }[] = [];
  const walk = (span: Span, depth: number) => {
    if (seen.has(span.spanId)) return;
    seen.add(span.spanId);
    out.push({ span, depth });
    for (const child of children.get(span.spanId) ?? []) walk(child, depth + 1);
  };
  for (const root of children.get('') ?? []) walk(root, 0);
  for (const span of spans) walk(span, 0);
  return out;
}
