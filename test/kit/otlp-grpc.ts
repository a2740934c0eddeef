/** OTLP over gRPC with any bytes as the message, for what no exporter sends. */
import {
  type ClientOptions,
  credentials,
  Metadata,
  makeGenericClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import type { Signal } from './otlp-messages.ts';

/** For telling that nothing hangs; what is right answers in milliseconds. */
const patienceMs = 30_000;
const bytes = (message: Uint8Array) => Buffer.from(message);
const services = {
  traces: 'trace.v1.TraceService',
  metrics: 'metrics.v1.MetricsService',
  logs: 'logs.v1.LogsService',
};

/** The answer's bytes, or gRPC's error. The options are those of gRPC's client. */
export async function exportOverGrpc(
  port: number,
  signal: Signal,
  body: Uint8Array,
  { metadata = new Metadata(), ...options }: { metadata?: Metadata } & Partial<ClientOptions> = {},
): Promise<Buffer | ServiceError> {
  const Client = makeGenericClientConstructor(
    {
      export: {
        path: `/opentelemetry.proto.collector.${services[signal]}/Export`,
        requestStream: false,
        responseStream: false,
        requestSerialize: bytes,
        requestDeserialize: bytes,
        responseSerialize: bytes,
        responseDeserialize: bytes,
      },
    },
    'Service',
  );
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  const deadline = Date.now() + patienceMs;
  try {
    return await new Promise(resolve =>
      client.export!(body, metadata, { deadline }, (error: ServiceError | null, answer: Buffer) =>
        resolve(error ?? answer),
      ),
    );
  } finally {
    client.close();
  }
}
