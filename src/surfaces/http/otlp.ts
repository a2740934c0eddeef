import type { Fault } from '../../kernel/index.ts';

/** Telemetry's three signals, as the paths of OTLP/HTTP name them. */
export type Signal = 'traces' | 'metrics' | 'logs';

export interface IngestAnswer {
  /** 200 if absent. */
  status?: number;
  contentType: string;
  body: Uint8Array | string;
  retryAfterSeconds?: number;
}

/** Takes a body that is unpacked and within the bound. `contentEncoding` is what it was sent with. */
export type Ingest = (
  signal: Signal,
  body: Uint8Array,
  sent: { contentType: string; contentEncoding: string },
) => Promise<IngestAnswer>;

/** google.rpc.Code, for the codes that faults have: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
const RPC_CODES: Partial<Record<Fault['code'], number>> = {
  invalid: 3,
  too_large: 3,
  timeout: 4,
  forbidden: 7,
  overloaded: 8,
  unavailable: 14,
  unauthenticated: 16,
};

/** A fault as OTLP wants it: a google.rpc.Status in the encoding of the request. */
export function otlpFault(fault: Fault, contentType: string): Response {
  const code = RPC_CODES[fault.code] ?? 13;
  const { hint } = fault.detail;
  const message = hint === undefined ? fault.message : `${fault.message} ${hint}`;
  const headers = new Headers();
  if (fault.detail.retryAfterSeconds !== undefined)
    headers.set('retry-after', String(fault.detail.retryAfterSeconds));
  if (contentType.startsWith('application/x-protobuf')) {
    headers.set('content-type', 'application/x-protobuf');
    return new Response(encodeStatus(code, message), { status: fault.httpStatus, headers });
  }
  headers.set('content-type', 'application/json');
  return new Response(JSON.stringify({ code, message }), {
    status: fault.httpStatus,
    headers,
  });
}

/** google.rpc.Status { int32 code = 1; string message = 2 } */
function encodeStatus(code: number, message: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(message);
  return Uint8Array.from([0x08, code, 0x12, ...varint(text.byteLength), ...text]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}
