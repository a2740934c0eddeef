import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { AnyValue, ExportTrace, KeyValue, Span } from './otlp/message.ts';

/** OpenTelemetry's ExportResultCode. */
const success = 0;
const failure = 1;

/** An exporter for the OpenTelemetry SDK in this process: Nines's own spans go into its store without a network. */
export function selfSpanExporter(store: (request: ExportTrace) => Promise<void>): SpanExporter {
  return {
    export: (spans, done) => {
      store(exportOf(spans)).then(
        () => done({ code: success }),
        (error: unknown) =>
          done({ code: failure, error: error instanceof Error ? error : new Error(String(error)) }),
      );
    },
    shutdown: async () => {},
  };
}

function exportOf(spans: readonly ReadableSpan[]): ExportTrace {
  const byScope = Map.groupBy(spans, span => span.instrumentationScope);
  return {
    resourceSpans: [...byScope].map(([scope, spans]) => ({
      resource: { attributes: keyValues(spans[0]!.resource.attributes) },
      schemaUrl: '',
      scopeSpans: [
        {
          scope: { name: scope.name, version: scope.version ?? '', attributes: [] },
          spans: spans.map(spanOf),
          schemaUrl: '',
        },
      ],
    })),
  };
}

function spanOf(span: ReadableSpan): Span {
  const { traceId, spanId, traceState } = span.spanContext();
  return {
    traceId,
    spanId,
    traceState: traceState?.serialize() ?? '',
    parentSpanId: span.parentSpanContext?.spanId ?? '',
    name: span.name,
    // The API counts kinds from 0 (internal), the protocol from 1.
    kind: span.kind + 1,
    startTimeUnixNano: nanos(span.startTime),
    endTimeUnixNano: nanos(span.endTime),
    attributes: keyValues(span.attributes),
    events: span.events.map(event => ({
      timeUnixNano: nanos(event.time),
      name: event.name,
      attributes: keyValues(event.attributes ?? {}),
    })),
    links: span.links.map(({ context, attributes }) => ({
      traceId: context.traceId,
      spanId: context.spanId,
      traceState: context.traceState?.serialize() ?? '',
      attributes: keyValues(attributes ?? {}),
    })),
    status: { code: span.status.code, message: span.status.message ?? '' },
  };
}

function nanos([seconds, rest]: readonly [seconds: number, nanos: number]): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(rest);
}

function keyValues(attributes: Readonly<Record<string, unknown>>): KeyValue[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined || value === null ? [] : [{ key, value: anyValue(value) }],
  );
}

function anyValue(value: unknown): AnyValue {
  switch (typeof value) {
    case 'boolean':
      return { boolValue: value };
    case 'number':
      return Number.isSafeInteger(value) ? { intValue: BigInt(value) } : { doubleValue: value };
    default:
      return Array.isArray(value)
        ? { arrayValue: { values: value.map(anyValue) } }
        : { stringValue: String(value).toWellFormed() };
  }
}
