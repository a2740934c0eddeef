import { type TimeBounds, timeProblem, timeSentence } from './metric-translator.ts';
import { attribute, attributesJson } from './otlp/attribute.ts';
import type { ExportTrace, Resource, Span } from './otlp/message.ts';
import { Rejections } from './sample-rows.ts';

/** As the collector writes them into otel_traces. */
export const spanKinds = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'] as const;
export const statusCodes = ['Unset', 'Ok', 'Error'] as const;

/** What else wants to see each span that was taken, as the metrics made of spans. */
export type SpanObserver = (span: Span, service: ServiceIdentity) => void;

export interface ServiceIdentity {
  name: string;
  version: string;
  environment: string;
}

export interface SpanRows {
  lines: string;
  count: number;
  rejected: Rejections;
}

/** OTLP spans as rows of otel_traces, in the order of its columns. */
export function spanRows(request: ExportTrace, bounds: TimeBounds, observe?: SpanObserver): SpanRows {
  const rejected = new Rejections();
  let lines = '';
  let count = 0;
  for (const { resource, scopeSpans } of request.resourceSpans) {
    const service = serviceOf(resource);
    const serviceText = `${json(service.name)},${attributesJson(resource?.attributes ?? [])}`;
    for (const { scope, spans } of scopeSpans) {
      const scopeText = `${json(scope?.name ?? '')},${json(scope?.version ?? '')}`;
      for (const span of spans) {
        const at = Number(span.startTimeUnixNano / 1_000_000n);
        const problem = timeProblem(at, bounds);
        if (problem !== undefined) rejected.add(problem, 1, timeSentence(problem, 'a trace'));
        else if (!isId(span.traceId, 32) || !isId(span.spanId, 16))
          rejected.add('no_id', 1, 'A span has no trace id of 16 bytes or no span id of 8 bytes.');
        else {
          lines += spanLine(span, serviceText, scopeText);
          count += 1;
          observe?.(span, service);
        }
      }
    }
  }
  return { lines, count, rejected };
}

/** Nanoseconds from start to end, never negative. */
export function durationNanos(span: Pick<Span, 'startTimeUnixNano' | 'endTimeUnixNano'>): bigint {
  return span.endTimeUnixNano > span.startTimeUnixNano ? span.endTimeUnixNano - span.startTimeUnixNano : 0n;
}

export function serviceOf(resource: Resource | undefined): ServiceIdentity {
  const attributes = resource?.attributes ?? [];
  return {
    name: attribute(attributes, 'service.name') ?? '',
    version: attribute(attributes, 'service.version') ?? '',
    environment:
      attribute(attributes, 'deployment.environment.name') ??
      attribute(attributes, 'deployment.environment') ??
      '',
  };
}

function spanLine(span: Span, serviceText: string, scopeText: string): string {
  const { events, links, status } = span;
  const list = (parts: string[]) => `[${parts.join(',')}]`;
  return (
    `[${span.startTimeUnixNano},"${span.traceId}","${span.spanId}","${span.parentSpanId}",${json(span.traceState)},` +
    `${json(span.name)},"${spanKinds[span.kind] ?? spanKinds[0]}",${serviceText},${scopeText},` +
    `${attributesJson(span.attributes)},${durationNanos(span)},"${statusCodes[status?.code ?? 0] ?? statusCodes[0]}",` +
    `${json(status?.message ?? '')},` +
    (events.length === 0
      ? '[],[],[],'
      : `${list(events.map(event => clamped(event.timeUnixNano)))},${list(events.map(event => json(event.name)))},` +
        `${list(events.map(event => attributesJson(event.attributes)))},`) +
    (links.length === 0
      ? '[],[],[],[]]\n'
      : `${list(links.map(link => json(link.traceId)))},${list(links.map(link => json(link.spanId)))},` +
        `${list(links.map(link => json(link.traceState)))},${list(links.map(link => attributesJson(link.attributes)))}]\n`)
  );
}

/** DateTime64(9) holds times up to 2262: the largest signed 64-bit integer. */
export function clamped(nanos: bigint): string {
  return (nanos > 9_223_372_036_854_775_807n ? 9_223_372_036_854_775_807n : nanos).toString();
}

/** Hex of the right length and not all zeros, which OTLP calls invalid. */
export function isId(text: string, length: number): boolean {
  return text.length === length && !/^0*$/.test(text);
}

function json(text: string): string {
  return JSON.stringify(text);
}
