import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import type { Kernel } from '../kernel/index.ts';
import { duration, Fault, instant, milliseconds } from '../kernel/index.ts';
import { DerivedMetrics } from './derived-metrics.ts';
import { LogMetric } from './log-metric.ts';
import type { SampleRows } from './sample-rows.ts';
import { SeriesIndex } from './series-index.ts';
import type { Store } from './store.ts';
import { attributes, emptied, protobufOf, telemetryKernel, testStore, testTelemetry } from './testing.ts';

const store = await testStore();
after(() => store.close());
beforeEach(() => emptied(store));

const t0 = Date.UTC(2026, 10, 23, 12);
const protobuf = 'application/x-protobuf';

interface Line {
  body: string;
  severity?: number;
  values?: Record<string, string>;
}

function records(lines: readonly Line[], service = 'checkout') {
  return {
    resourceLogs: [
      {
        resource: { attributes: attributes({ 'service.name': service, 'service.version': '2' }) },
        scopeLogs: [
          {
            logRecords: lines.map(({ body, severity = 9, values = {} }) => ({
              timeUnixNano: `${t0}000000`,
              severityNumber: severity,
              body: { stringValue: body },
              attributes: attributes(values),
            })),
          },
        ],
      },
    ],
  };
}

function declared(name: string, query: string, by: string[] = []) {
  return { name, spec: LogMetric.spec.parse({ query, by }) };
}

/** A telemetry whose clock is moved by hand, and what an expression gives now, by its labels. */
async function counting(logMetrics: ReturnType<typeof declared>[] = [], over: Store = store) {
  let now = t0;
  const telemetry = await testTelemetry(over, { now: () => now, logMetrics: async () => logMetrics });
  await telemetry.writeDerivedMetrics();
  return {
    telemetry,
    send: (lines: readonly Line[], service?: string) =>
      telemetry.ingestLogs(protobufOf('logs', records(lines, service)), protobuf),
    later: async (ms: number) => {
      now += ms;
      await telemetry.writeDerivedMetrics();
    },
    ask: async (query: string) =>
      Object.fromEntries(
        (await telemetry.metrics.instant(query, instant(now))).samples.map(({ labels, value }) => [
          Object.values(labels).join(' '),
          value,
        ]),
      ),
  };
}

test('log records are counted by service and severity, from zero', async () => {
  const { send, later, ask } = await counting();
  await later(5_000);
  await send([{ body: 'a' }, { body: 'b', severity: 17 }, { body: 'c', severity: 0 }]);
  await send([{ body: 'd' }], 'payments');
  await later(5_000);
  assert.deepEqual(await ask('sum by (service_name, severity) (log_record_count_total)'), {
    'checkout INFO': 1,
    'checkout ERROR': 1,
    'checkout UNSPECIFIED': 1,
    'payments INFO': 1,
  });
  await send([{ body: 'e', severity: 18 }]);
  await later(5_000);
  assert.deepEqual(await ask('sum(increase(log_record_count_total{severity="ERROR"}[10s] ))'), {
    '': 2,
  });
});

test('records that could not be stored and are sent again count once', async () => {
  let broken = true;
  const flaky: Store = {
    ...store,
    insert: (...given) =>
      broken ? Promise.reject(new Fault('unavailable', 'the disk is full')) : store.insert(...given),
  };
  const { send, later, ask } = await counting([declared('orders', 'order')], flaky);
  await assert.rejects(send([{ body: 'order' }]), { code: 'unavailable' });
  broken = false;
  await send([{ body: 'order' }]);
  await later(5_000);
  assert.deepEqual(await ask('sum(log_record_count_total)'), { '': 1 });
  assert.deepEqual(await ask('sum(logs_orders_total)'), { '': 1 });
});

test('a LogMetric counts what its query finds, by attributes', async () => {
  const { send, later, ask } = await counting([
    declared('orders-placed', '"order placed"', ['payment.method']),
    declared('slow', 'ms>500'),
  ]);
  await send([
    { body: 'order placed', values: { 'payment.method': 'card' } },
    { body: 'order placed', values: { 'payment.method': 'card', ms: '900' } },
    { body: 'Order placed by invoice' },
    { body: 'basket emptied', values: { ms: '20' } },
  ]);
  await later(5_000);
  assert.deepEqual(
    await ask('sum by (service_name, service_version, payment_method) (logs_orders_placed_total)'),
    { 'checkout 2': 1, 'checkout 2 card': 2 },
  );
  assert.deepEqual(await ask('sum(logs_slow_total)'), { '': 1 });
});

test('JSON is counted as protobuf is', async () => {
  const { telemetry, later, ask } = await counting([declared('orders', 'order')]);
  await telemetry.ingestLogs(Buffer.from(JSON.stringify(records([{ body: 'order' }]))), 'application/json');
  await later(5_000);
  assert.deepEqual(await ask('sum(logs_orders_total)'), { '': 1 });
  assert.deepEqual(await ask('sum(log_record_count_total)'), { '': 1 });
});

test('an attribute with too many values is counted as other past the bound', async () => {
  const { send, later, ask } = await counting([declared('orders', 'order', ['order.id'])]);
  await send(
    Array.from({ length: 1_200 }, (_, id) => ({ body: 'order', values: { 'order.id': String(id) } })),
  );
  await later(5_000);
  assert.deepEqual(await ask('sum by (order_id) (logs_orders_total{order_id="other"})'), { other: 200 });
  assert.deepEqual(await ask('sum(logs_orders_total)'), { '': 1_200 });
});

test('a LogMetric that cannot be counted is refused with the place', () => {
  const problems = (spec: object) => {
    const parsed = LogMetric.spec.safeParse(spec);
    if (!parsed.success) return parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`);
    const resource = {
      apiVersion: 'nines/v1',
      kind: 'LogMetric',
      metadata: { name: 'a' },
      spec: parsed.data,
    };
    return (LogMetric.check?.(resource, () => undefined) ?? []).map(one => `${one.field}: ${one.message}`);
  };
  assert.match(problems({ query: 'level>' })[0] ?? '', /^query: /);
  assert.match(problems({ query: '' })[0] ?? '', /say which records are counted/);
  assert.deepEqual(problems({ query: 'a', by: ['service.name', 'http.route', 'http_route'] }), [
    'spec.by.0: every counter has the label service_name already; take this one out',
    'spec.by.2: http_route and http.route would both be the label http_route',
  ]);
});

/** Replicas over one store: their series by labels, as they were written last. */
function replicas() {
  const index = new SeriesIndex({ maxSeries: 1_000, maxSeriesPerMetric: 1_000 });
  const held = new Map<string, { owner: string; until: number }>();
  let now = t0;
  let away = false;
  const opened = (owner: string) => {
    const written: SampleRows[] = [];
    const leases = {
      claim: async (name: string, ms: number) => {
        if (away) throw new Error('the database is away');
        const holder = held.get(name);
        if (holder !== undefined && holder.owner !== owner && holder.until > now) return false;
        held.set(name, { owner, until: now + ms });
        return true;
      },
    };
    const metrics = new DerivedMetrics({ ...telemetryKernel(() => now), leases } as unknown as Kernel, {
      index,
      shared: true,
      declared: async () => [],
      write: async rows => {
        written.push(rows);
      },
    });
    return {
      turn: async () => {
        written.length = 0;
        await metrics.turn(now);
        return written.length;
      },
      count: (times: number) => {
        const arriving = metrics.logs.arriving();
        const seen = arriving.of({ name: 'checkout', version: '', environment: '' });
        for (let one = 0; one < times; one++) seen(9);
        arriving.stored();
      },
    };
  };
  return {
    opened,
    pass: (ms: number) => {
      now += ms;
    },
    database: (there: boolean) => {
      away = !there;
    },
    series: () => [...index.all()].map(({ labels }) => labels.collector_instance_id).sort(),
  };
}

test('replicas over one store count in series of their own, and places are used again', async () => {
  const { opened, pass, series, database } = replicas();
  const [first, second] = [opened('a'), opened('b')];
  first.count(3);
  second.count(5);
  await first.turn();
  await second.turn();
  assert.deepEqual(series(), ['0', '1']);
  database(false);
  first.count(1);
  assert.equal(await first.turn(), 1, 'a database that is away does not stop the counting');
  database(true);
  pass(milliseconds(duration('2m')));
  const third = opened('c');
  third.count(1);
  await third.turn();
  assert.deepEqual(series(), ['0', '1'], 'it took the place of one that is gone');
  // The first comes back late: its place is taken, and what it counted there is not counted again elsewhere.
  first.count(1);
  await first.turn();
  assert.deepEqual(series(), ['0', '1']);
});
