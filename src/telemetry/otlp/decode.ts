import { Fault, messageOf } from '../../kernel/index.ts';
import { encodeProtobuf } from './encode.ts';
import { decodeJson } from './json.ts';
import type { ExportLogs, ExportMetrics, ExportTrace } from './message.ts';
import { planOf } from './plan.ts';
import { decodeProtobuf } from './protobuf.ts';

export type Signal = 'traces' | 'logs' | 'metrics';
export type Encoding = 'protobuf' | 'json';

interface Exports {
  traces: ExportTrace;
  logs: ExportLogs;
  metrics: ExportMetrics;
}

const plans = {
  traces: planOf('ExportTrace'),
  logs: planOf('ExportLogs'),
  metrics: planOf('ExportMetrics'),
} as const;

/** The encoding that a Content-Type names. Throws `invalid` for any other than OTLP/HTTP's two. */
export function encodingOf(contentType: string | undefined): Encoding {
  const type = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
  if (type === 'application/x-protobuf' || type === 'application/protobuf') return 'protobuf';
  if (type === 'application/json') return 'json';
  throw new Fault('invalid', `The content type '${type.slice(0, 60)}' is none of OTLP/HTTP.`, {
    hint: 'Send application/x-protobuf or application/json.',
  });
}

/** An export request in protobuf, whatever it was sent as: there is one way from there on. Throws as `decodeExport`. */
export function exportBytes(signal: Signal, body: Uint8Array, encoding: Encoding): Uint8Array {
  return encoding === 'protobuf' ? body : encodeProtobuf(plans[signal], decodeExport(signal, body, encoding));
}

/** Spans that were made here, in protobuf. */
export function traceBytes(request: ExportTrace): Uint8Array {
  return encodeProtobuf(plans.traces, request);
}

/** What reading a request throws, as the fault that its sender is told. */
export function malformed(signal: Signal, encoding: Encoding, cause: unknown): Fault {
  if (cause instanceof Fault) return cause;
  return new Fault(
    'invalid',
    `The body is not an OTLP ${signal} request in ${encoding}: ${messageOf(cause)}`,
    {
      hint: 'See https://opentelemetry.io/docs/specs/otlp/ for what is expected.',
      cause,
    },
  );
}

/** Reads an OTLP export request. Throws `invalid` with the place for anything malformed. */
export function decodeExport<S extends Signal>(signal: S, body: Uint8Array, encoding: Encoding): Exports[S] {
  try {
    // The plans are made of the schema that the interfaces of message.ts spell out.
    return (encoding === 'protobuf'
      ? decodeProtobuf(plans[signal], body)
      : decodeJson(
          plans[signal],
          Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'),
        )) as unknown as Exports[S];
  } catch (cause) {
    throw malformed(signal, encoding, cause);
  }
}
