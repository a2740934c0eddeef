import {
  logVerbosity,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  setLogVerbosity,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { asFault, Fault, type Log, messageOf } from '../../kernel/index.ts';
import type { Auth } from '../http/auth.ts';
import type { Ingest, Signal } from '../http/otlp.ts';
import { createGate, type GateLimits } from './gate.ts';
import { grpcStatus } from './status.ts';

export interface GrpcOptions {
  ingest: Ingest;
  auth: Auth;
  log: Log;
  limits?: Partial<GrpcLimits>;
}

export interface GrpcLimits extends GateLimits {
  /** Bytes of one request, unpacked. */
  messageBytes: number;
}

export interface GrpcListening {
  /** As `127.0.0.1:4317`. */
  address: string;
  port: number;
  /** Takes nothing new; what is under way may end within the grace, the rest is cut off. */
  close(graceMs?: number): Promise<void>;
}

/** As for OTLP/HTTP: sixteen requests of 16 MiB that are being read bound what senders can take of memory. */
const LIMITS: GrpcLimits = { messageBytes: 16 * 1024 * 1024, atOnce: 16, readMs: 60_000 };

const services: Readonly<Record<Signal, string>> = {
  traces: 'opentelemetry.proto.collector.trace.v1.TraceService',
  metrics: 'opentelemetry.proto.collector.metrics.v1.MetricsService',
  logs: 'opentelemetry.proto.collector.logs.v1.LogsService',
};

/**
 * Takes OTLP over gRPC: the edge only, everything below is that of OTLP/HTTP. Messages are handed on as bytes, as there
 * they are. Throws `conflict` for a taken port, and as `listen` does.
 */
export async function listenGrpc(
  { ingest, auth, log, limits }: GrpcOptions,
  { host, port }: { host: string; port: number },
): Promise<GrpcListening> {
  const { messageBytes, ...gate } = { ...LIMITS, ...limits };
  // What goes wrong is told here, in one voice.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({
    'grpc.max_receive_message_length': messageBytes,
    'grpc.max_concurrent_streams': gate.atOnce,
    'grpc.max_connection_idle': 300_000,
    'grpc.keepalive_time_ms': 60_000,
    'grpc.keepalive_timeout_ms': 20_000,
    interceptors: [createGate(auth, gate)],
  });
  for (const signal of ['traces', 'metrics', 'logs'] as const) {
    const implementation: UntypedServiceImplementation = {
      export: (call: { request: Buffer }, done: (error: object | null, value?: Uint8Array) => void) => {
        ingest(signal, call.request, { contentType: 'application/x-protobuf', contentEncoding: 'identity' })
          .then(({ body }) => done(null, typeof body === 'string' ? Buffer.from(body) : body))
          .catch((error: unknown) => {
            const fault = asFault(error);
            if (fault.code === 'internal')
              log.error({ error, signal }, 'taking telemetry over gRPC failed unexpectedly');
            done(grpcStatus(fault));
          });
      },
    };
    server.addService(serviceOf(services[signal]), implementation);
  }
  const at = `${host.includes(':') ? `[${host}]` : host}`;
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`${at}:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(whyNot(error, host, port)),
    ),
  );
  return {
    address: `${at}:${bound}`,
    port: bound,
    close: (graceMs = 3_000) =>
      new Promise(resolve => {
        const timer = setTimeout(() => server.forceShutdown(), graceMs);
        server.tryShutdown(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}

/** One method, whose messages stay bytes. */
function serviceOf(name: string): ServiceDefinition {
  const bytes = (message: Uint8Array) => Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  return {
    export: {
      path: `/${name}/Export`,
      originalName: 'Export',
      requestStream: false,
      responseStream: false,
      requestSerialize: bytes,
      requestDeserialize: (message: Buffer) => message,
      responseSerialize: bytes,
      responseDeserialize: (message: Buffer) => message,
    },
  };
}

function whyNot(error: Error, host: string, port: number): Fault {
  const text = messageOf(error);
  if (/EADDRINUSE/.test(text))
    return new Fault(
      'conflict',
      `Port ${port} on ${host}, for OTLP over gRPC, is taken by another process.`,
      {
        hint: 'Stop that process, or choose another address in the configuration: otlp.grpc.listen.',
        cause: error,
      },
    );
  return new Fault('unavailable', `Listening on ${host}:${port} for OTLP over gRPC failed: ${text}`, {
    hint: 'Choose another address in the configuration: otlp.grpc.listen.',
    cause: error,
  });
}
