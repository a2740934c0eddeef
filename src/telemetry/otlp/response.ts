import protobuf from 'protobufjs';
import type { Fault } from '../../kernel/index.ts';
import type { Encoding, Signal } from './decode.ts';

/** What was not taken of a request that was otherwise stored. */
export interface Partial {
  rejected: number;
  message: string;
}

export const contentTypes: Readonly<Record<Encoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

const rejectedNames: Readonly<Record<Signal, string>> = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
};

/** Export…ServiceResponse: empty on full success, else with partial_success (field 1: rejected = 1, error_message = 2). */
export function exportResponse(signal: Signal, encoding: Encoding, partial: Partial | undefined): Uint8Array {
  if (encoding === 'json') {
    const body =
      partial === undefined
        ? {}
        : {
            partialSuccess: {
              [rejectedNames[signal]]: String(partial.rejected),
              errorMessage: partial.message,
            },
          };
    return Buffer.from(JSON.stringify(body));
  }
  const writer = protobuf.Writer.create();
  if (partial !== undefined)
    writer.uint32(10).fork().uint32(8).int64(partial.rejected).uint32(18).string(partial.message).ldelim();
  return writer.finish();
}

/** An error as OTLP/HTTP wants it: a google.rpc.Status (code = 1, message = 2) in the request's encoding. */
export function errorResponse(fault: Fault, encoding: Encoding): Uint8Array {
  const message = fault.detail.hint === undefined ? fault.message : `${fault.message} ${fault.detail.hint}`;
  const code = rpcCodes[fault.code] ?? 13;
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }));
  return protobuf.Writer.create().uint32(8).int32(code).uint32(18).string(message).finish();
}

/** https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
const rpcCodes: Readonly<Record<string, number>> = {
  cancelled: 1,
  invalid: 3,
  too_large: 3,
  timeout: 4,
  not_found: 5,
  forbidden: 7,
  overloaded: 8,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
};
