import { attributes } from '../../src/telemetry/testing.ts';

export const t0 = Date.parse('2026-01-27T03:00:00.000Z');

/** A span in few words; times are ms from `t0`. */
export interface MadeSpan {
  trace: number;
  span: number;
  parent?: number;
  name: string;
  kind: 2 | 3 | 4 | 5;
  at: number;
  ms: number;
  error?: boolean;
  attributes?: Record<string, string | number>;
}
const hex = (value: number, width: number) => value.toString(16).padStart(width, '0');

/** The spans of a service, as OTLP has them. */
export function spansOf(service: string, version: string, spans: readonly MadeSpan[]) {
  return {
    resource: { attributes: attributes({ 'service.name': service, 'service.version': version }) },
    scopeSpans: [
      {
        spans: spans.map(span => ({
          traceId: hex(span.trace + 1, 32),
          spanId: hex(span.span, 16),
          ...(span.parent === undefined ? {} : { parentSpanId: hex(span.parent, 16) }),
          name: span.name,
          kind: span.kind,
          startTimeUnixNano: String((t0 + span.at) * 1_000_000),
          endTimeUnixNano: String((t0 + span.at + span.ms) * 1_000_000),
          attributes: attributes(span.attributes ?? {}),
          ...(span.error ? { status: { code: 2, message: 'it failed' } } : {}),
        })),
      },
    ],
  };
}

export const db = { 'db.system.name': 'postgresql', 'db.namespace': 'shop', 'server.address': '127.0.0.1' };
export const toPayments = { 'server.address': '127.0.0.1', 'server.port': 4813 };
