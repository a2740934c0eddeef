import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { Metadata } from '@grpc/grpc-js';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { type Server, serve, until, workFolder } from '../kit/nines-process.ts';
import { freePort } from '../kit/port.ts';

const work = workFolder();
const servers: Server[] = [];
after(async () => {
  for (const server of servers) await server.end('SIGTERM');
  work.remove();
});

/** Sends a span as a service would, with the token in gRPC's metadata; what the exporter was told when it failed. */
async function sendSpan(port: number, name: string, token?: string): Promise<string> {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'checkout' }),
    spanProcessors: [
      new SimpleSpanProcessor(new OTLPTraceExporter({ url: `http://127.0.0.1:${port}`, metadata })),
    ],
  });
  provider.getTracer('t').startSpan(name).end();
  const told = await provider.forceFlush().then(
    () => 'taken',
    (errors: unknown) => String(errors),
  );
  await provider.shutdown().catch(() => {});
  return told;
}

test('a server with tokens takes OTLP over gRPC with one that may send, and its own token does nothing else', async () => {
  const port = await freePort();
  const sha256 = createHash('sha256').update('read').digest('hex');
  const config = work.file(
    'tokens.yaml',
    `
logLevel: silent
otlp: { grpc: { listen: '127.0.0.1:${port}' } }
auth: { tokens: [{ name: reader, role: viewer, sha256: ${sha256} }] }
`,
  );
  const server = await serve(['--data', `${work.path}/tokens`, '--config', config]);
  servers.push(server);
  const file = `${work.path}/tokens/ingest-token`;
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const own = readFileSync(file, 'utf8').trim();
  assert.match(await sendSpan(port, 'without'), /UNAUTHENTICATED/);
  assert.match(await sendSpan(port, 'as a reader', 'read'), /PERMISSION_DENIED/);
  assert.equal(await sendSpan(port, 'as the platform', own), 'taken');
  const search = async (token: string) => {
    const response = await fetch(`${server.url}/api/v1/traces?service=checkout`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return { status: response.status, text: await response.text() };
  };
  const found = await until(
    () => search('read'),
    ({ text }) => text.includes('as the platform'),
  );
  assert.doesNotMatch(found.text, /without|as a reader/);
  assert.equal((await search(own)).status, 403);
});

test('a taken port that the configuration names ends the start, and says how to go on', async () => {
  const port = await freePort();
  const other = createServer().listen(port, '127.0.0.1');
  const config = work.file('taken.yaml', `otlp: { grpc: { listen: '127.0.0.1:${port}' } }\n`);
  try {
    await assert.rejects(
      serve(['--data', `${work.path}/taken`, '--config', config]),
      /taken by another process/,
    );
  } finally {
    await new Promise(resolve => other.close(resolve));
  }
});
