import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { compress } from 'snappyjs';
import { ExpositionError, parseExposition } from '../../src/telemetry/scrape/exposition.ts';
import { broken, examples, field, fuzzSeed, nested, randomBytes, varint } from '../kit/fuzz.ts';
import { type Server, serve, until, workFolder } from '../kit/nines-process.ts';
import { exportOverGrpc } from '../kit/otlp-grpc.ts';
import { good, json, type Signal, signals } from '../kit/otlp-messages.ts';
import { freePort } from '../kit/port.ts';
import { remoteWriteBody } from '../kit/remote-write.ts';

/**
 * Whatever is sent to a real server: each request gets an answer that says what is wrong, the server stays up, takes a
 * bounded amount of memory, and takes good telemetry afterwards.
 */

/** For telling that nothing hangs; what is right answers in milliseconds. */
const patienceMs = 30_000;
/** What requests of at most 16 MiB may make a server grow by, all in all. */
const mostGrowth = 700 * 1024 * 1024;

const work = workFolder();
let server: Server;
let grpcPort: number;
let exposed: Buffer = Buffer.from('up 1\n');
let scraped = 0;
const target = http.createServer((_, response) => {
  scraped += 1;
  response.setHeader('content-type', 'text/plain; version=0.0.4');
  response.end(exposed);
});

before(async () => {
  grpcPort = await freePort();
  const targetPort = await freePort();
  await new Promise<void>(resolve => target.listen(targetPort, '127.0.0.1', resolve));
  const config = work.file(
    'nines.yaml',
    `
logLevel: silent
otlp: { grpc: { listen: '127.0.0.1:${grpcPort}' } }
telemetry:
  scrape:
    scrape_configs:
      - job_name: broken
        scrape_interval: 1s
        static_configs: [{ targets: ['127.0.0.1:${targetPort}'] }]
`,
  );
  server = await serve(['--data', `${work.path}/data`, '--config', config]);
});
after(async () => {
  await server?.end('SIGTERM');
  target.closeAllConnections();
  target.close();
  work.remove();
});

/** A record in the three outer layers, which are alike for all signals. */
const inRecord = (record: Uint8Array) => field(1, field(2, field(2, record)));

interface Sent {
  path: string;
  body: Uint8Array;
  headers: Record<string, string>;
}

async function send({ path, body, headers }: Sent): Promise<{ status: number; text: string }> {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    body: Uint8Array.from(body),
    headers,
    signal: AbortSignal.timeout(patienceMs),
  });
  return { status: response.status, text: await response.text() };
}

/** Sends all, eight at a time; each must be taken or refused with words, and none may be the server's own failure. */
async function survives(requests: readonly Sent[]): Promise<Map<number, number>> {
  const seen = new Map<number, number>();
  const left = requests.entries();
  const worker = async () => {
    for (const [index, request] of left) {
      const { status, text } = await send(request);
      seen.set(status, (seen.get(status) ?? 0) + 1);
      const what = `request ${index} to ${request.path} (seed ${fuzzSeed}): ${status} ${text.slice(0, 200)}`;
      assert.ok(status < 500, what);
      if (status >= 400) assert.ok(text.trim().length > 10, `without a reason: ${what}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return seen;
}

/** One of each signal is taken, over each way in, and the server is the same process. */
async function stillTakes(): Promise<void> {
  for (const signal of signals) {
    const { status } = await send({
      path: `/v1/${signal}`,
      body: good[signal],
      headers: { 'content-type': protobuf },
    });
    assert.equal(status, 200, signal);
    assert.ok(Buffer.isBuffer(await call(signal, good[signal])), signal);
  }
  const write = await send({ path: write1, body: goodWrite(), headers: { 'content-type': protobuf } });
  assert.equal(write.status, 204, write.text);
  process.kill(server.pid, 0);
}

/** Resident memory of the server in bytes; undefined where the system does not tell. */
function memory(): number | undefined {
  try {
    const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'));
    return found === null ? undefined : Number(found[1]) * 1024;
  } catch {
    return undefined;
  }
}

const protobuf = 'application/x-protobuf';
const write1 = '/prometheus/api/v1/write';
const goodWrite = () =>
  remoteWriteBody([
    {
      labels: { __name__: 'written', job: 'fuzz' },
      timestamps: Float64Array.of(Date.now()),
      values: Float64Array.of(1),
    },
  ]);
const call = (signal: Signal, body: Uint8Array, options?: object) =>
  exportOverGrpc(grpcPort, signal, body, options);

let before1: number | undefined;

test('good telemetry is taken before all else', async t => {
  t.diagnostic(`FUZZ_SEED=${fuzzSeed}`);
  await stillTakes();
  before1 = memory();
});

test('OTLP over HTTP in protobuf: random bytes and broken messages are taken or refused', async () => {
  const requests = signals.flatMap((signal, turn): Sent[] =>
    [...examples(randomBytes, 60, turn), ...examples(broken([good[signal]]), 140, turn)].map(
      (body, index) => ({
        path: `/v1/${signal}`,
        body: index % 5 === 0 ? gzipSync(body) : body,
        headers: { 'content-type': protobuf, ...(index % 5 === 0 ? { 'content-encoding': 'gzip' } : {}) },
      }),
    ),
  );
  const seen = await survives(requests);
  assert.ok((seen.get(400) ?? 0) > 100 && (seen.get(200) ?? 0) > 10, JSON.stringify([...seen]));
  await stillTakes();
});

test('OTLP over HTTP in JSON: any JSON, text that is none, and broken requests are taken or refused', async () => {
  const requests = signals.flatMap((signal, turn): Sent[] => {
    const text = Buffer.from(JSON.stringify(json[signal]));
    const any = examples(fc.json({ maxDepth: 4 }), 40, turn).map(value => Buffer.from(value));
    const inside = examples(fc.jsonValue(), 40, turn).map(value =>
      Buffer.from(
        JSON.stringify(json[signal]).replace(
          /"attributes":\[[^\]]*\]/,
          `"attributes":${JSON.stringify(value)}`,
        ),
      ),
    );
    return [...any, ...inside, ...examples(broken([text]), 80, turn)].map(body => ({
      path: `/v1/${signal}`,
      body,
      headers: { 'content-type': 'application/json' },
    }));
  });
  const seen = await survives(requests);
  assert.ok((seen.get(400) ?? 0) > 50, JSON.stringify([...seen]));
  await stillTakes();
});

test('bombs, lies about lengths and nesting without end are refused', async () => {
  const zeros = Buffer.alloc(40 * 1024 * 1024);
  const bombs = [gzipSync(zeros), zstdCompressSync(zeros), gzipSync(gzipSync(zeros))];
  const deepJson = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${'{"arrayValue":{"values":['.repeat(100_000)}`;
  const lies = (signal: Signal) => [
    Buffer.concat([Buffer.from([0x0a]), varint(2 ** 31)]),
    Buffer.concat([Buffer.from([0x0a]), varint(2 ** 32 - 1), Buffer.alloc(100)]),
    Buffer.from([0x0a, ...new Array<number>(20).fill(0xff)]),
    Buffer.alloc(100_000, 0x0b),
    inRecord(field(signal === 'logs' ? 5 : 9, nested(30_000))),
    inRecord(field(9, field(2, nested(200_000)))),
  ];
  // A histogram of a million buckets without bounds, of a time that is none.
  const time = Buffer.concat([Buffer.from([0x19]), Buffer.alloc(8, 0x17)]);
  const wide = inRecord(field(9, field(1, Buffer.concat([time, field(6, Buffer.alloc(8_000_000))]))));
  const requests = signals.flatMap((signal, turn): Sent[] => {
    const to = (body: Uint8Array, headers: Record<string, string> = { 'content-type': protobuf }) => ({
      path: `/v1/${signal}`,
      body,
      headers,
    });
    return [
      to(bombs[turn]!, {
        'content-type': protobuf,
        ...(turn === 1 ? {} : { 'content-encoding': 'gzip' }),
      }),
      ...lies(signal).map(body => to(body)),
      ...(signal === 'metrics' ? [to(wide), to(Buffer.alloc(17 * 1024 * 1024))] : []),
      to(Buffer.from(deepJson), { 'content-type': 'application/json' }),
      to(Buffer.from('{}'), { 'content-type': 'text/plain' }),
      to(Buffer.from('{}'), { 'content-encoding': 'br' }),
    ];
  });
  const seen = await survives(requests);
  assert.equal(seen.get(413), bombs.length + 1, JSON.stringify([...seen]));
  await stillTakes();
});

test('remote write 1.0 and 2.0: broken messages and Snappy that lies are refused', async () => {
  const versions = ['', ';proto=io.prometheus.write.v2.Request', ';proto=prometheus.WriteRequest'];
  const plain = [
    good.metrics,
    Buffer.concat([field(4, Buffer.alloc(0)), field(5, Buffer.from([0x0a, 2, 0, 0]))]),
  ];
  // The length before the data says four gigabytes, one past the bound, and one that is not there.
  const lies = [2 ** 32 - 1, 2 ** 31, 17 * 1024 * 1024, 1000].map(size =>
    Buffer.concat([varint(size), Buffer.alloc(50, 0xfe)]),
  );
  const requests = versions.flatMap((version, turn): Sent[] =>
    [
      ...examples(randomBytes, 50, turn),
      ...examples(broken([goodWrite()]), 80, turn),
      ...examples(broken(plain), 60, turn).map(body => compress(body)),
      ...lies,
      compress(Buffer.alloc(20 * 1024 * 1024)),
    ].map(body => ({
      path: write1,
      body,
      headers: { 'content-type': `${protobuf}${version}`, 'content-encoding': 'snappy' },
    })),
  );
  const seen = await survives([
    ...requests,
    { path: write1, body: goodWrite(), headers: { 'content-type': 'text/plain' } },
  ]);
  assert.ok((seen.get(400) ?? 0) > 100 && seen.get(415) === 1, JSON.stringify([...seen]));
  await stillTakes();
});

test('OTLP over gRPC: broken messages get a status with a reason, bytes that are no HTTP/2 an end', async () => {
  const allowed = new Set([status.INVALID_ARGUMENT, status.RESOURCE_EXHAUSTED]);
  for (const [turn, signal] of signals.entries()) {
    const bodies = [
      ...examples(randomBytes, 20, turn),
      ...examples(broken([good[signal]]), 40, turn),
      nested(10_000),
    ];
    for (const body of bodies) {
      const answer = await call(signal, body);
      if (Buffer.isBuffer(answer)) continue;
      assert.ok(allowed.has(answer.code) && answer.details.length > 10, `${answer.code} ${answer.details}`);
    }
  }
  const bomb = await call('logs', Buffer.alloc(40 * 1024 * 1024), {
    'grpc.default_compression_algorithm': 2,
    'grpc.max_send_message_length': -1,
  });
  assert.ok(!Buffer.isBuffer(bomb) && bomb.code === status.RESOURCE_EXHAUSTED, String(bomb));
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  for (const [index, body] of examples(randomBytes, 40).entries())
    await new Promise<void>(resolve => {
      const socket = connect(grpcPort, '127.0.0.1');
      socket.on('error', () => {});
      socket.on('close', () => resolve());
      socket.resume();
      socket.end(index % 2 === 0 ? body : Buffer.concat([preface, body]));
    });
  await stillTakes();
});

test('changes and heartbeats: any body is taken or refused', async () => {
  const bodies = [
    ...examples(randomBytes, 30),
    ...examples(fc.json(), 30).map(text => Buffer.from(text)),
    Buffer.from('['.repeat(200_000)),
  ];
  await survives(
    [
      '/api/v1/changes',
      '/heartbeat/nightly',
      '/heartbeat/nightly/start',
      '/api/v1/heartbeats/nightly',
    ].flatMap(path => bodies.map(body => ({ path, body, headers: { 'content-type': 'application/json' } }))),
  );
  await stillTakes();
});

const metricLine =
  '# TYPE http_total counter\n# HELP http_total Some.\nhttp_total{code="200",route="/a\\\\b\\n"} 5 1769482800000 # {trace_id="a"} 1 1.5\nh_bucket{le="+Inf"} 1\n# EOF\n';
const exposition = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(
      fc.constantFrom(
        '#',
        ' TYPE ',
        ' HELP ',
        '{',
        '}',
        '"',
        '\\',
        '=',
        ',',
        '\n',
        'a',
        '1',
        'NaN',
        '+Inf',
        ' ',
        '# EOF',
        '\0',
      ),
      {
        maxLength: 60,
      },
    )
    .map(parts => parts.join('')),
  broken([Buffer.from(metricLine)]).map(body => Buffer.from(body).toString('latin1')),
);

test('expositions: any text is read, or refused with a line', () => {
  for (const format of ['text', 'openmetrics'] as const)
    fc.assert(
      fc.property(exposition, text => {
        try {
          parseExposition(text, format);
        } catch (error) {
          assert.ok(error instanceof ExpositionError && error.message.length > 5, String(error));
        }
      }),
      { seed: fuzzSeed, numRuns: 3000 },
    );
  // Long lines of what repeats: a reader that looks again from each place would take minutes.
  for (const part of ['a', '{', '"', '\\', '{a="', 'a{b="c",', '# ', '#\n', '1 ', '\n', '{"'])
    for (const format of ['text', 'openmetrics'] as const)
      try {
        parseExposition(part.repeat(1_000_000 / part.length), format);
      } catch (error) {
        assert.ok(error instanceof ExpositionError, `${part} ${error}`);
      }
});

test('a target that exposes garbage, or too much, does not disturb', async () => {
  for (const body of [
    Buffer.from('{'.repeat(100_000)),
    Buffer.alloc(60 * 1024 * 1024, 0x61),
    ...examples(randomBytes, 2),
  ]) {
    exposed = Buffer.from(body);
    const seen = scraped;
    await until(
      async () => scraped,
      count => count > seen,
    );
  }
  await stillTakes();
});

test('what came in as good is there, and the server has not grown without bound', async t => {
  const answer = await until(
    async () => {
      const response = await fetch(`${server.url}/prometheus/api/v1/query?query=count(written)`);
      return (await response.json()) as { data: { result: { value: [number, string] }[] } };
    },
    ({ data }) => data.result[0]?.value[1] === '1',
  );
  assert.equal(answer.data.result.length, 1);
  const after = memory();
  if (before1 === undefined || after === undefined) return t.skip('this system does not tell of memory');
  t.diagnostic(`resident memory grew by ${Math.round((after - before1) / 1024 / 1024)} MiB`);
  assert.ok(after - before1 < mostGrowth, `grew by ${after - before1} bytes`);
});
