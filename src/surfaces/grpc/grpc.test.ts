import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { connect } from 'node:http2';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Metadata, status } from '@grpc/grpc-js';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { exportOverGrpc } from '../../../test/kit/otlp-grpc.ts';
import { createLog, Fault } from '../../kernel/index.ts';
import type { Auth, Ingest, Signal } from '../http/index.ts';
import { type GrpcLimits, type GrpcListening, listenGrpc } from './index.ts';

const open: GrpcListening[] = [];
after(async () => {
  for (const server of open) await server.close(100);
});

interface Taken {
  signal: Signal;
  body: Uint8Array;
}

/** A server whose store keeps what it is given, or answers as told. */
async function server(
  options: { auth?: Auth; limits?: Partial<GrpcLimits>; answer?: Ingest } = {},
): Promise<{ port: number; taken: Taken[] }> {
  const taken: Taken[] = [];
  const listening = await listenGrpc(
    {
      auth: options.auth ?? { mode: 'local' },
      log: createLog('silent'),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      ingest: async (signal, body, sent) => {
        taken.push({ signal, body });
        if (options.answer !== undefined) return options.answer(signal, body, sent);
        return { contentType: 'application/x-protobuf', body: new Uint8Array() };
      },
    },
    { host: '127.0.0.1', port: 0 },
  );
  open.push(listening);
  return { port: listening.port, taken };
}

/** Sends bytes as a request for traces; the answer, or gRPC's error. */
const send = (port: number, body: Uint8Array, options: Parameters<typeof exportOverGrpc>[3] = {}) =>
  exportOverGrpc(port, 'traces', body, options);

const refusing =
  (fault: Fault): Ingest =>
  () =>
    Promise.reject(fault);

test("the OpenTelemetry SDK's gRPC exporters deliver traces, metrics and logs, with gzip as well", async () => {
  const { port, taken } = await server();
  const url = `http://127.0.0.1:${port}`;
  const traces = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter({ url, compression: 'gzip' as never }))],
  });
  traces.getTracer('t').startSpan('GET /cart').end();
  await traces.forceFlush();
  const metrics = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter({ url }) })],
  });
  metrics.getMeter('m').createCounter('orders').add(1);
  await metrics.forceFlush();
  const logs = new LoggerProvider({
    processors: [new SimpleLogRecordProcessor({ exporter: new OTLPLogExporter({ url }) })],
  });
  logs.getLogger('l').emit({ severityNumber: SeverityNumber.INFO, body: 'order placed' });
  await logs.forceFlush();
  await traces.shutdown();
  await logs.shutdown();
  await metrics.shutdown();
  assert.deepEqual(
    taken.map(({ signal }) => signal),
    // The reader exports once more when it is shut down.
    ['traces', 'metrics', 'logs', 'metrics'],
  );
  for (const [index, text] of ['GET /cart', 'orders', 'order placed'].entries())
    assert.ok(Buffer.from(taken[index]!.body).includes(text), text);
});

test('what the store answers is the answer, a partial success too', async () => {
  const partial = Buffer.from([10, 2, 8, 3]);
  const { port } = await server({
    answer: async () => ({ contentType: 'application/x-protobuf', body: partial }),
  });
  assert.deepEqual(await send(port, Buffer.from('x')), partial);
});

const faults: [fault: Fault, code: status, retry: number | undefined][] = [
  [
    new Fault('invalid', 'no request', { hint: 'See the specification.' }),
    status.INVALID_ARGUMENT,
    undefined,
  ],
  [new Fault('too_large', 'too large'), status.INVALID_ARGUMENT, undefined],
  [new Fault('overloaded', 'full', { retryAfterSeconds: 2 }), status.RESOURCE_EXHAUSTED, 2],
  [new Fault('unavailable', 'away', { retryAfterSeconds: 5 }), status.UNAVAILABLE, 5],
  [new Fault('internal', 'a defect'), status.INTERNAL, undefined],
];
for (const [fault, code, retry] of faults)
  test(`a store that says ${fault.code} is told as ${status[code]}${retry === undefined ? '' : ', and when to send again'}`, async () => {
    const { port } = await server({ answer: refusing(fault) });
    const error = await send(port, Buffer.from('x'));
    assert.ok(!Buffer.isBuffer(error));
    assert.equal(error.code, code);
    assert.match(error.details, new RegExp(fault.message));
    const [details] = error.metadata.get('grpc-status-details-bin');
    if (retry === undefined) assert.equal(details, undefined);
    else {
      // Status.details[0] = Any { type_url, value: RetryInfo { retry_delay { seconds } } }
      assert.ok(Buffer.isBuffer(details));
      assert.ok(details.includes('type.googleapis.com/google.rpc.RetryInfo'));
      assert.deepEqual([...details.subarray(-6)], [0x12, 4, 0x0a, 2, 0x08, retry]);
    }
  });

const hash = (token: string) => createHash('sha256').update(token).digest('hex');
const tokens: Auth = {
  mode: 'tokens',
  tokens: [
    { name: 'sender', role: 'viewer', kind: 'agent', ingest: true, sha256: hash('s') },
    { name: 'reader', role: 'viewer', kind: 'person', ingest: false, sha256: hash('r') },
  ],
};

test('with tokens a sender needs one that may send, before anything is read', async () => {
  const { port, taken } = await server({ auth: tokens });
  const as = async (authorization?: string) => {
    const metadata = new Metadata();
    if (authorization !== undefined) metadata.set('authorization', authorization);
    const answer = await send(port, Buffer.alloc(1_000_000), { metadata });
    return Buffer.isBuffer(answer) ? status.OK : answer.code;
  };
  assert.equal(await as(), status.UNAUTHENTICATED);
  assert.equal(await as('Bearer wrong'), status.UNAUTHENTICATED);
  assert.equal(await as('Bearer r'), status.PERMISSION_DENIED);
  assert.equal(taken.length, 0);
  assert.equal(await as('Bearer s'), status.OK);
});

test('a message past the bound is refused, packed or not', async () => {
  const { port, taken } = await server({ limits: { messageBytes: 100_000 } });
  const large = await send(port, Buffer.alloc(200_000));
  assert.ok(!Buffer.isBuffer(large) && large.code === status.RESOURCE_EXHAUSTED);
  const bomb = await send(port, Buffer.alloc(50_000_000), {
    'grpc.default_compression_algorithm': 2,
    'grpc.max_send_message_length': -1,
  });
  assert.ok(!Buffer.isBuffer(bomb) && bomb.code === status.RESOURCE_EXHAUSTED, String(bomb));
  assert.equal(taken.length, 0);
  assert.ok(Buffer.isBuffer(await send(port, Buffer.from('small'))));
});

test('calls that do not send their message hold a place for a while only, and others are told to come back', async () => {
  const { port } = await server({ limits: { atOnce: 2, readMs: 300 } });
  const session = connect(`http://127.0.0.1:${port}`);
  const stuck = [1, 2].map(() => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', () => {});
    return new Promise<string>(resolve => {
      stream.on('response', headers => headers['grpc-status'] && resolve(String(headers['grpc-status'])));
      stream.on('trailers', headers => resolve(String(headers['grpc-status'])));
      stream.resume();
    });
  });
  // Their headers have arrived once an answer to a later ping has.
  await new Promise<void>(resolve => session.ping(() => resolve()));
  const refused = await send(port, Buffer.from('x'));
  assert.ok(!Buffer.isBuffer(refused) && refused.code === status.RESOURCE_EXHAUSTED);
  assert.deepEqual(await Promise.all(stuck), [
    String(status.DEADLINE_EXCEEDED),
    String(status.DEADLINE_EXCEEDED),
  ]);
  assert.ok(Buffer.isBuffer(await send(port, Buffer.from('x'))));
  session.destroy();
});

test('a method that is not there and bytes that are no HTTP/2 are refused, and the server goes on', async () => {
  const { port, taken } = await server();
  const session = connect(`http://127.0.0.1:${port}`);
  for (const frame of [
    Buffer.alloc(3),
    Buffer.from([1, 0, 0, 0, 1, 1]),
    Buffer.from([1, 0, 0, 0, 4, ...gzipSync('x').subarray(0, 4)]),
  ]) {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      'content-type': 'application/grpc',
      'grpc-encoding': 'gzip',
      te: 'trailers',
    });
    stream.on('error', () => {});
    stream.resume();
    stream.end(frame);
    await new Promise(resolve => stream.on('close', resolve));
  }
  session.destroy();
  const { connect: plain } = await import('node:net');
  const socket = plain(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  socket.end('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await new Promise(resolve => socket.on('close', resolve));
  assert.equal(taken.length, 0);
  assert.ok(Buffer.isBuffer(await send(port, Buffer.from('x'))));
});

test('a taken port is told as such', async () => {
  const { port } = await server();
  await assert.rejects(
    listenGrpc(
      { auth: { mode: 'local' }, log: createLog('silent'), ingest: refusing(new Fault('internal', 'none')) },
      { host: '127.0.0.1', port },
    ),
    { code: 'conflict' },
  );
});
