import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import pg from 'pg';
import { type RunningPostgres, startPostgres } from '../../examples/shop/database/postgres.ts';
import { startClickHouse, type TestClickHouse } from '../kit/clickhouse-server.ts';
import { nines, type Server, serve, until, workFolder } from '../kit/nines-process.ts';
import { freePort } from '../kit/port.ts';
import { requestsMetric, smallCatalog } from '../kit/small-catalog.ts';
import { startWebhookSink, type WebhookSink } from '../kit/webhook-sink.ts';

const FORBID = pathToFileURL(fileURLToPath(new URL('../kit/forbid-embedded.ts', import.meta.url))).href;
/** As on a machine without the optional packages: loading PGlite or chDB fails. */
const withoutEmbedded = { nodeFlags: ['--import', FORBID] };

const work = workFolder();
let postgres: RunningPostgres;
let clickhouse: TestClickHouse;
let sink: WebhookSink;
let config: string;
let url: string;
let port: number;
const servers = new Map<string, Server>();

before(async () => {
  port = await freePort();
  [postgres, clickhouse, sink] = await Promise.all([
    startPostgres(join(work.path, 'postgres'), port, () => {}),
    startClickHouse(join(work.path, 'clickhouse')),
    startWebhookSink(),
  ]);
  url = `postgres://shop@127.0.0.1:${port}/postgres`;
  config = work.file(
    'nines.yaml',
    `
database: { url: "${url}" }
telemetry: { clickhouse: { url: "${clickhouse.url}", database: nines } }
notify: { channels: { hook: { type: webhook, url: "${sink.url}" } } }
alerting: { every: 1s, warmUp: 10s }
logLevel: warn
`,
  );
});
after(async () => {
  await Promise.all([...servers.values()].map(server => server.end('SIGKILL').catch(() => {})));
  await sink.close();
  await clickhouse.close();
  await postgres.stop();
  work.remove();
});

async function startServer(name: string): Promise<Server> {
  const server = await serve(['--data', join(work.path, name), '--config', config], withoutEmbedded);
  servers.set(name, server);
  return server;
}
async function ask<T>(server: Server, path: string, sent?: object): Promise<T> {
  const response = await fetch(`${server.url}${path}`, {
    ...(sent === undefined
      ? {}
      : { method: 'POST', body: JSON.stringify(sent), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return JSON.parse(text) as T;
}
const statusOf = async (server: Server, id: string) =>
  (await ask<{ incidents: { id: string; status: string }[] }>(server, '/api/v1/incidents')).incidents.find(
    incident => incident.id === id,
  )?.status;

test('with PostgreSQL and ClickHouse by URL everything works, and the embedded engines are not loaded', async t => {
  const first = await startServer('first');

  await t.test('a catalog is applied and read', async () => {
    const applied = await nines([
      'apply',
      work.file('web.yaml', smallCatalog()),
      '--data',
      join(work.path, 'first'),
    ]);
    assert.equal(applied.code, 0, applied.stderr);
  });

  await t.test('telemetry goes to ClickHouse, and objectives are measured there', async () => {
    const now = Date.now();
    for (const [secondsAgo, good, bad] of [
      [40, 1_000, 0],
      [20, 2_000, 1],
      [1, 3_000, 2],
    ] as const) {
      await ask(first, '/v1/metrics', requestsMetric('200', good, now - secondsAgo * 1000));
      await ask(first, '/v1/metrics', requestsMetric('500', bad, now - secondsAgo * 1000));
    }
    const { samples } = await until(
      () =>
        ask<{ samples: { value: number }[] }>(
          first,
          `/api/v1/metrics/query?query=${encodeURIComponent('sum(requests_total{service_name="web"})')}`,
        ),
      answer => answer.samples?.[0]?.value === 3_002,
    );
    assert.equal(samples.length, 1);
    assert.ok(clickhouse.asked('INSERT INTO nines_samples') > 0);
    const { slos } = await ask<{ slos: { id: string }[] }>(first, '/api/v1/slos');
    assert.equal(slos.length, 1);
  });

  await t.test('an incident is opened and resolved', async () => {
    const { id } = await ask<{ id: string }>(first, '/api/v1/incidents', {
      service: 'web',
      title: 'Blank',
      severity: 'SEV3',
    });
    assert.equal(await statusOf(first, id), 'open');
    await ask(first, `/api/v1/incidents/${id}/resolve`, { why: 'it was a test' });
    assert.equal(await statusOf(first, id), 'resolved');
  });

  await t.test('a start that needs them says which one is missing, and what would be right', async () => {
    const missing = async (text: string) => {
      const file = work.file('half.yaml', text);
      const ran = await nines(
        ['serve', '--listen', '127.0.0.1:0', '--data', join(work.path, 'half'), '--config', file],
        withoutEmbedded,
      );
      assert.equal(ran.code, 6, ran.stderr);
      return ran.stderr;
    };
    assert.match(
      await missing('logLevel: warn\n'),
      /^error: The embedded database \(@electric-sql\/pglite\) is not installed\.\n {2}→ Run npm install, or set database\.url/,
    );
    assert.match(
      await missing(`logLevel: warn\ndatabase: { url: "${url}" }\n`),
      /^error: The embedded telemetry engine \(chDB\) is not installed[\s\S]*ClickHouse server in the configuration/,
    );
  });

  await t.test(
    'while PostgreSQL is away the answer is one clear fault, and all goes on once it is back',
    async () => {
      await postgres.stop();
      const away = await fetch(`${first.url}/api/v1/incidents`);
      assert.equal(away.status, 503, await away.clone().text());
      assert.equal(((await away.json()) as { error: { code: string } }).error.code, 'unavailable');
      assert.equal((await fetch(`${first.url}/readyz`)).status, 503);
      assert.equal((await fetch(`${first.url}/healthz`)).status, 200);
      postgres = await startPostgres(join(work.path, 'postgres'), port, () => {});
      await until(
        async () => (await fetch(`${first.url}/readyz`)).status,
        status => status === 200,
      );
      const { id } = await ask<{ id: string }>(first, '/api/v1/incidents', {
        service: 'web',
        title: 'After',
        severity: 'SEV3',
      });
      await ask(first, `/api/v1/incidents/${id}/resolve`, { why: 'it was a test' });
    },
  );
});

test('two servers over the same engines: both answer, one works, and when it dies the other goes on', async t => {
  const first = servers.get('first')!;
  const second = await startServer('second');

  await t.test('each sees what the other was told', async () => {
    const { id } = await ask<{ id: string }>(second, '/api/v1/incidents', {
      service: 'web',
      title: 'Slow',
      severity: 'SEV3',
    });
    assert.equal(await statusOf(first, id), 'open');
    await ask(first, `/api/v1/incidents/${id}/resolve`, { why: 'it was a test' });
    assert.equal(await statusOf(second, id), 'resolved');
  });

  await t.test('the rules are evaluated by one of them', async () => {
    const owner = await evaluator();
    assert.match(owner, new RegExp(`/(?:${first.pid}|${second.pid})/`));
  });

  await t.test('the page of a server that was killed is escalated by the other, once', async () => {
    const { id } = await ask<{ id: string }>(first, '/api/v1/incidents', {
      service: 'web',
      title: 'Down',
      severity: 'SEV1',
    });
    await until(
      async () => sink.pages('web-oncall'),
      pages => pages === 1,
    );
    await first.end('SIGKILL');
    servers.delete('first');
    await until(
      async () => sink.pages('web-lead'),
      pages => pages === 1,
    );
    assert.equal(sink.pages('web-oncall'), 1);
    assert.equal(await statusOf(second, id), 'open');
  });

  await t.test('the other evaluates the rules now', async () => {
    await until(evaluator, owner => owner.includes(`/${second.pid}/`));
    const ready = await ask<{ status: string }>(second, '/readyz');
    assert.equal(ready.status, 'ready');
    const { code, ms } = await second.end('SIGTERM');
    servers.delete('second');
    assert.ok((code === 0 || code === 143) && ms < 10_000, `code ${code} after ${ms} ms: ${second.stderr()}`);
    assert.equal(await evaluator(), '', 'an orderly end gives the lease back');
  });
});

/** Who holds the lease to evaluate the rules, as host/process/run; empty if nobody does. */
async function evaluator(): Promise<string> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ owner: string }>(
      "select owner from lease where name = 'alerting.evaluate' and until > now()",
    );
    return rows[0]?.owner ?? '';
  } finally {
    await client.end();
  }
}
