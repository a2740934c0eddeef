/** The shop itself, as processes: is it healthy, does its telemetry link up, does the bad release hurt, and end? */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { OtlpSink, type SinkSpan } from '../kit/otlp-sink.ts';

const shop = path.join(import.meta.dirname, '..', '..', 'examples', 'shop');
const sink = new OtlpSink();
const running = new Set<ChildProcess>();
let folder = '';
let env: Record<string, string> = {};
let ports: Record<'gateway' | 'auth' | 'payments' | 'database' | 'load', number>;

interface Stats {
  firstBad: { secondsAgo: number; kind: string } | null;
  kinds: Record<
    'browse' | 'login' | 'checkout',
    {
      requests: number;
      recent: { requests: number; errors: number; p50Ms: number | null; p99Ms: number | null };
    }
  >;
}

function start(program: string, port: number, more: Record<string, string> = {}) {
  const child = spawn(process.execPath, [path.join(shop, program)], {
    env: { ...process.env, ...env, ...more, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-20_000);
    });
  }
  const exited = once(child, 'exit').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  return { child, exited, output: () => output };
}

/** Asks until the answer is one; fails with what it was waiting for when the time is over. */
async function eventually<T>(
  what: string,
  seconds: number,
  ask: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const giveUp = Date.now() + seconds * 1_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    assert.ok(Date.now() < giveUp, `${what}: not within ${seconds} s`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

const healthy = (port: number) => (): Promise<true | undefined> =>
  fetch(`http://127.0.0.1:${port}/healthz`).then(
    response => (response.ok ? true : undefined),
    () => undefined,
  );

async function ask(method: 'GET /stats' | 'POST /mark'): Promise<Stats> {
  const [verb = '', page = ''] = method.split(' ');
  const response = await fetch(`http://127.0.0.1:${ports.load}${page}`, { method: verb });
  return (await response.json()) as Stats;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map(server => once(server, 'listening')));
  const numbers = servers.map(server => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(server => once(server.close(), 'close')));
  return numbers;
}

/** Starts a release beside the one that runs, waits for its own health, and ends the other: a rollout. */
async function rollOut(version: string, old?: ReturnType<typeof start>): Promise<ReturnType<typeof start>> {
  const [health = 0] = await freePorts(1);
  const next = start(`releases/payments/${version}.ts`, ports.payments, { HEALTH_PORT: String(health) });
  await eventually(`payments ${version} is healthy`, 15, healthy(health));
  if (old) {
    const began = performance.now();
    old.child.kill('SIGTERM');
    assert.equal(await old.exited, 0);
    assert.ok(performance.now() - began < 3_000, 'a service stops within 3 s of SIGTERM');
  }
  return next;
}

before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'shop-'));
  // The database's user has to get through it when the tests run as root.
  await chmod(folder, 0o755);
  const [gateway = 0, auth = 0, payments = 0, database = 0, load = 0] = await freePorts(5);
  ports = { gateway, auth, payments, database, load };
  env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: await sink.start(),
    AUTH_URL: `http://127.0.0.1:${auth}`,
    PAYMENTS_URL: `http://127.0.0.1:${payments}`,
    GATEWAY_URL: `http://127.0.0.1:${gateway}`,
    DATABASE_URL: `postgres://shop:shop@127.0.0.1:${database}/shop`,
    DATABASE_DATA: path.join(folder, 'postgres'),
    OTEL_BSP_SCHEDULE_DELAY: '500',
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
    OTEL_METRIC_EXPORT_TIMEOUT: '1000',
  };
});

after(async () => {
  await Promise.all(
    [...running].map(child => {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      return gone;
    }),
  );
  await sink.stop();
  await rm(folder, { recursive: true, force: true });
});

const serverSpan = (service: string, name: string) => (span: SinkSpan) =>
  span.kind === 2 && span.name === name && span.resource['service.name'] === service;
const byParent = (parent: SinkSpan, wanted: (span: SinkSpan) => boolean): SinkSpan[] =>
  sink.spans.filter(
    span => span.parentSpanId === parent.spanId && span.traceId === parent.traceId && wanted(span),
  );

test('The shop is healthy, tells so, breaks by v1.2.3, and is healthy again without it', {
  timeout: 110_000,
}, async t => {
  const database = start('database.ts', ports.database);
  await eventually('the database is seeded', 40, () => {
    assert.equal(database.child.exitCode, null, database.output());
    return /database ready/.test(database.output()) || undefined;
  });
  start('releases/auth/v3.1.0.ts', ports.auth);
  start('releases/gateway/v2.0.0.ts', ports.gateway);
  const good = await rollOut('v1.2.2');
  await eventually('auth is healthy', 15, healthy(ports.auth));
  await eventually('the gateway is healthy', 15, healthy(ports.gateway));
  start('load.ts', ports.load);

  await t.test('v1.2.2 under the default load: no errors, checkouts well under half a second', async () => {
    await eventually('the load runs', 10, healthy(ports.load));
    await eventually(
      'warm requests',
      15,
      async () => (await ask('GET /stats')).kinds.checkout.requests > 30 || undefined,
    );
    await ask('POST /mark');
    const stats = await eventually('more checkouts', 15, async () => {
      const now = await ask('GET /stats');
      return now.kinds.checkout.requests > 80 ? now : undefined;
    });
    assert.ok(stats.kinds.checkout.recent.p50Ms! < 100, JSON.stringify(stats.kinds.checkout));
    assert.equal(
      stats.kinds.checkout.recent.errors + stats.kinds.browse.recent.errors + stats.kinds.login.recent.errors,
      0,
    );
  });

  await t.test('One checkout is one trace, from the gateway down to the text of each statement', async () => {
    const statements = await eventually('a whole trace', 10, () => {
      for (const root of sink.spans.filter(serverSpan('gateway', 'POST /checkout'))) {
        const calls = byParent(root, span => span.kind === 3 && span.resource['service.name'] === 'gateway');
        const verify = calls.flatMap(call => byParent(call, serverSpan('auth', 'POST /sessions/verify')));
        const order = calls.flatMap(call => byParent(call, serverSpan('payments', 'POST /orders')))[0];
        const queries = order ? byParent(order, span => 'db.query.text' in span.attributes) : [];
        if (
          root.parentSpanId === '' &&
          verify.length === 1 &&
          queries.some(({ name }) => name === 'pg.query:COMMIT shop')
        ) {
          return queries;
        }
      }
      return undefined;
    });
    const texts = statements.map(span => String(span.attributes['db.query.text']));
    assert.ok(texts.includes('SELECT id, email, address FROM customers WHERE id = $1'), texts.join('\n'));
    assert.ok(texts.some(text => text.startsWith('INSERT INTO orders')));
    assert.ok(statements.every(span => span.resource['service.version'] === 'v1.2.2'));
    assert.ok(
      !sink.spans.some(span => span.attributes['url.path'] === '/healthz'),
      'health checks are not traced',
    );
  });

  await t.test('The metrics that objectives and the diagnosis ask for arrive', () => {
    const of = (service: string) => sink.points.filter(point => point.resource['service.name'] === service);
    const checkout = of('gateway').findLast(
      point =>
        point.name === 'http.server.request.duration' && point.attributes['http.route'] === '/checkout',
    );
    assert.equal(checkout?.unit, 's');
    assert.equal(checkout?.attributes['http.response.status_code'], 201);
    assert.ok(checkout?.bounds?.includes(0.5));
    assert.equal(checkout?.temporality, 2, 'cumulative');
    for (const name of [
      'db.client.connection.count',
      'db.client.connection.pending_requests',
      'db.client.operation.duration',
      'process.cpu.time',
      'nodejs.eventloop.delay.p99',
    ]) {
      assert.ok(
        of('payments').some(point => point.name === name),
        name,
      );
    }
    assert.equal(of('payments').findLast(point => point.name === 'db.client.connection.max')?.value, 10);
    const placed = sink.logs.find(record => record.body === 'order placed');
    assert.match(placed?.traceId ?? '', /^[0-9a-f]{32}$/);
  });

  let bad = good;
  await t.test('v1.2.3 runs the pool dry: all connections in use, checkouts in seconds, 5xx', async () => {
    await ask('POST /mark');
    bad = await rollOut('v1.2.3', good);
    await eventually(
      'the first bad request',
      15,
      async () => (await ask('GET /stats')).firstBad ?? undefined,
    );
    const late = (span: SinkSpan): boolean =>
      span.name === 'pg-pool.connect' && span.status.message === 'timeout exceeded when trying to connect';
    await eventually('a checkout without a connection', 20, () => sink.spans.find(late));
    await eventually('all connections in use, requests waiting', 10, () => {
      const latest = (name: string, state?: string) =>
        sink.points.findLast(
          point =>
            point.name === name &&
            point.resource['service.version'] === 'v1.2.3' &&
            point.attributes['db.client.connection.state'] === state,
        )?.value;
      const waiting = latest('db.client.connection.pending_requests') ?? 0;
      return (latest('db.client.connection.count', 'used') === 10 && waiting > 0) || undefined;
    });
    await eventually('the gateway answers 5xx', 10, () =>
      sink.spans.find(
        span =>
          serverSpan('gateway', 'POST /checkout')(span) &&
          Number(span.attributes['http.response.status_code']) >= 500,
      ),
    );
    const slow = sink.spans.find(
      span =>
        /lower\(customer_email\)/.test(String(span.attributes['db.query.text'])) && span.durationMs > 500,
    );
    assert.ok(slow, 'the new statement is slow under load');
    const { browse, login } = (await ask('GET /stats')).kinds;
    assert.equal(browse.recent.errors + login.recent.errors, 0, 'what does not need payments goes on');
  });

  await t.test('Rolled back, checkouts are quick again', async () => {
    await rollOut('v1.2.2', bad);
    await eventually('a quiet ten seconds', 25, async () => {
      const { recent } = (await ask('GET /stats')).kinds.checkout;
      return (recent.requests > 40 && recent.errors === 0 && recent.p50Ms! < 100) || undefined;
    });
  });

  await t.test(
    'After kill -9 of the database process, the next one takes over its data at once',
    async () => {
      database.child.kill('SIGKILL');
      await database.exited;
      const began = performance.now();
      const again = start('database.ts', ports.database);
      await eventually('the database is ready', 15, () => /database ready/.test(again.output()) || undefined);
      assert.ok(performance.now() - began < 10_000);
      assert.doesNotMatch(again.output(), /orders seeded/);
      await eventually('checkouts succeed again', 20, async () => {
        const { recent } = (await ask('GET /stats')).kinds.checkout;
        return (recent.requests > 40 && recent.errors === 0) || undefined;
      });
    },
  );
});

test('A port that another program holds is one clear line and exit code 1', async () => {
  const holder = net.createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const service = start('releases/auth/v3.1.0.ts', port);
  assert.equal(await service.exited, 1);
  assert.match(service.output(), new RegExp(`^auth: 127\\.0\\.0\\.1:${port}: the port is taken`, 'm'));
  holder.close();
});
