import { Metadata, status } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import type { Fault } from '../../kernel/index.ts';

export interface GrpcStatus {
  code: status;
  details: string;
  metadata?: Metadata;
}

/**
 * A fault as gRPC's status. What OTLP's senders may try again is UNAVAILABLE, and RESOURCE_EXHAUSTED if it says when:
 * https://opentelemetry.io/docs/specs/otlp/#failures
 */
export function grpcStatus(fault: Fault): GrpcStatus {
  const { hint, retryAfterSeconds } = fault.detail;
  const code = CODES[fault.code] ?? status.INTERNAL;
  const details = hint === undefined ? fault.message : `${fault.message} ${hint}`;
  if (retryAfterSeconds === undefined) return { code, details };
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(rpcStatus(code, details, retryAfterSeconds)));
  return { code, details, metadata };
}

const CODES: Partial<Record<Fault['code'], status>> = {
  cancelled: status.CANCELLED,
  invalid: status.INVALID_ARGUMENT,
  too_large: status.INVALID_ARGUMENT,
  timeout: status.DEADLINE_EXCEEDED,
  forbidden: status.PERMISSION_DENIED,
  overloaded: status.RESOURCE_EXHAUSTED,
  unavailable: status.UNAVAILABLE,
  unauthenticated: status.UNAUTHENTICATED,
};

/**
 * google.rpc.Status { code = 1, message = 2, details = 3 } with google.rpc.RetryInfo { retry_delay = 1 } packed in Any
 * { type_url = 1, value = 2 }: https://github.com/googleapis/googleapis/tree/master/google/rpc
 */
function rpcStatus(code: number, message: string, retryAfterSeconds: number): Uint8Array {
  const retryInfo = protobuf.Writer.create()
    .uint32(10)
    .fork()
    .uint32(8)
    .int64(Math.ceil(retryAfterSeconds))
    .ldelim()
    .finish();
  return protobuf.Writer.create()
    .uint32(8)
    .int32(code)
    .uint32(18)
    .string(message)
    .uint32(26)
    .fork()
    .uint32(10)
    .string('type.googleapis.com/google.rpc.RetryInfo')
    .uint32(18)
    .bytes(retryInfo)
    .ldelim()
    .finish();
}
