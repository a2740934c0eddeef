import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { instant, type Kernel } from '../kernel/index.ts';
import { CardinalityConfig } from './cardinality.ts';
import type { Store } from './store.ts';
import { Telemetry } from './telemetry.ts';
import { attributes, telemetryKernel, testStore } from './testing.ts';

const now = Date.parse('2026-01-27T03:00:00.000Z');
let store: Store;
before(async () => {
  store = await testStore();
});
after(() => store.close());

test('past a bound the sender is told which metric, people once an hour, and what is known goes on', async () => {
  const told: { type: string; data: { worst: { sentence: string }[] } }[] = [];
  let time = now;
  const events = {
    emit: async (type: string, _: string, data: { worst: { sentence: string }[] }) => {
      told.push({ type, data });
    },
  };
  const telemetry = new Telemetry({ ...telemetryKernel(() => time), events } as unknown as Kernel, {
    store,
    cardinality: CardinalityConfig.parse({ perMetric: 10 }),
    limits: { maxWaitMs: 1 },
  });
  await telemetry.open();
  const send = async (users: readonly number[]) => {
    const dataPoints = users.map(user => ({
      timeUnixNano: `${time}000000`,
      asInt: 1,
      attributes: attributes({ user: `u${user}` }),
    }));
    const { body, rejected } = await telemetry.ingestMetrics(
      new TextEncoder().encode(
        JSON.stringify({
          resourceMetrics: [
            {
              resource: { attributes: attributes({ 'service.name': 'payments' }) },
              scopeMetrics: [{ metrics: [{ name: 'sessions', gauge: { dataPoints } }] }],
            },
          ],
        }),
      ),
      'application/json',
    );
    return { rejected, text: new TextDecoder().decode(body) };
  };
  const users = Array.from({ length: 12 }, (_, n) => n);
  const first = await send(users);
  assert.equal(first.rejected, 2);
  assert.match(first.text, /The metric sessions has 10 series, and 10 are the most of one metric/);
  await telemetry.tellRefusedSeries(time);
  time += 60_000;
  assert.equal((await send(users)).rejected, 2, 'the ten that are known are taken');
  await telemetry.tellRefusedSeries(time);
  assert.deepEqual(
    told.map(one => one.type),
    ['telemetry.series_refused'],
    'once an hour',
  );
  assert.match(told[0]!.data.worst[0]!.sentence, /sessions/);
  time += 3_600_000;
  await telemetry.tellRefusedSeries(time);
  assert.equal(told.length, 2, 'what was refused since is told again');
  time += 7_200_000;
  await telemetry.tellRefusedSeries(time);
  assert.equal(told.length, 2, 'nothing new, nothing told');
  const { samples } = await telemetry.metrics.instant('count(sessions)', instant(now + 60_000));
  assert.equal(samples[0]?.value, 10);
  const { refused, metrics } = await telemetry.cardinality(5);
  assert.equal(refused[0]?.count, 4);
  assert.ok(metrics.some(one => one.metric === 'sessions'));
  await telemetry.stop();
});
