import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkoutAvailability } from '../../test/kit/declared.ts';
import type { Weather } from '../../test/kit/shop-traffic.ts';
import { epochMs, instant } from '../kernel/index.ts';
import { startedKernel, type TestKernel } from '../kernel/testing.ts';
import { alertingMigrations } from './store.ts';
import { AlertScene } from './testing.ts';

const START = AlertScene.START;
const MINUTE = 60_000;
let kernel: TestKernel;
before(async () => {
  kernel = await startedKernel(alertingMigrations, { log: 'silent' });
});
after(() => kernel.stop());

const open = (options?: Parameters<typeof AlertScene.open>[1]) => AlertScene.open(kernel, options);

for (const rate of [4, 10])
  for (const minutes of [3, 5])
    for (const [what, weather, most] of [
      ['30 % fail', { failing: 0.3 }, 90],
      ['all fail', { failing: 1 }, 45],
      ['half fail and the rest is slow', { failing: 0.5, slow: 0.5 }, 45],
    ] as [string, Weather, number][])
      test(`with ${rate} checkouts a second and ${minutes} minutes of data, when ${what}, it pages within ${most} s`, async () => {
        const scene = await open({ rate, seed: rate * 10 + minutes });
        await scene.run(minutes * MINUTE);
        assert.deepEqual(await scene.fired(), []);
        await scene.run(most * 1000 + 5_000, weather);
        const page = (await scene.fired()).find(alert => alert.severity === 'page');
        assert.ok(page !== undefined, 'it paged');
        const late = (epochMs(page.firedAt!) - scene.traffic.firstBad!) / 1000;
        assert.ok(late <= most, `paged after ${late} s`);
        const off = (epochMs(page.onsetAt!) - scene.traffic.firstBad!) / 1000;
        assert.ok(Math.abs(off) <= 20, `the onset is off by ${off} s`);
      });

test('a page says how much is bad, since when and what it means for the budget, and fires once for both rules', async () => {
  const scene = await open({ resources: [checkoutAvailability()] });
  await scene.run(35 * MINUTE);
  await scene.run(5 * MINUTE, { failing: 0.4 });
  await scene.run(2 * MINUTE, {});
  const fired = await scene.fired();
  assert.deepEqual(
    fired.map(alert => alert.severity),
    ['page'],
  );
  const page = fired.find(alert => alert.severity === 'page')!;
  assert.equal(page.fingerprint, 'gateway/checkout-availability/page');
  assert.match(
    page.annotations.summary,
    /^Checkout availability: [\d.]+ % of requests fail \(target 99\.9 %\) since 03:3\d:\d\d UTC; the error budget burns \d+× too fast\.$/,
  );
  assert.match(
    page.annotations.description,
    /fires above 0\.6 %\. [\d.]+ % of the 30d budget is left; at this rate it is gone in \d+ /,
  );
  const stored = (await scene.alerts.list({ state: 'firing' })).find(alert => alert.severity === 'page');
  assert.deepEqual([...stored!.rules].sort(), [
    'checkout-availability:page:1h',
    'checkout-availability:page:6h',
  ]);
});

test('on young data a slower rule does not keep alive what the fastest has seen end', async () => {
  const scene = await open({ resources: [checkoutAvailability()] });
  await scene.run(5 * MINUTE);
  await scene.run(MINUTE, { failing: 0.5 });
  await scene.run(10 * MINUTE, {});
  const [alert] = await scene.alerts.list({});
  assert.equal(alert?.state, 'resolved');
  assert.deepEqual(alert.rules, ['checkout-availability:page:1h']);
});

test('an alert resolves once the short window is clean, and says when that began', async () => {
  const scene = await open({ resources: [checkoutAvailability()] });
  await scene.run(5 * MINUTE);
  await scene.run(3 * MINUTE, { failing: 0.5 });
  await scene.run(4 * MINUTE, {});
  assert.equal((await scene.events('alert.resolved')).length, 0);
  await scene.run(30 * MINUTE);
  const ended = (await scene.events('alert.resolved')).find(({ alert }) => alert.severity === 'page')!.alert;
  assert.equal(ended.state, 'resolved');
  const fixed = START + 8 * MINUTE;
  assert.ok(epochMs(ended.endsAt!) >= fixed);
});

test('a restart goes on with the same alert and fires nothing again', async () => {
  const scene = await open({ resources: [checkoutAvailability()] });
  await scene.run(5 * MINUTE);
  await scene.run(2 * MINUTE, { failing: 0.5 });
  const before = await scene.fired();
  assert.ok(before.length > 0);
  scene.restart();
  await scene.run(2 * MINUTE);
  const pages = (await scene.fired()).filter(alert => alert.severity === 'page');
  assert.equal(pages.length, 1);
  assert.equal((await scene.alerts.get(pages[0]!.id)).state, 'firing');
});

test('a source that fails resolves nothing and fires nothing, and is told once', async () => {
  const scene = await open({ resources: [checkoutAvailability()], noDataAfterMs: 5 * MINUTE });
  await scene.run(5 * MINUTE);
  await scene.run(2 * MINUTE, { failing: 0.5 });
  const firing = (await scene.alerts.list({ state: 'firing' })).length;
  scene.traffic.series.failure = new Error('connection refused');
  await scene.run(20 * MINUTE, {});
  assert.equal((await scene.alerts.list({ state: 'firing' })).length, firing);
  assert.equal((await scene.events('alert.resolved')).length, 0);
  assert.equal((await scene.events('alert.no_data')).length, 1);
  scene.traffic.series.failure = undefined;
  await scene.run(60 * MINUTE);
  assert.ok((await scene.events('alert.resolved')).some(({ alert }) => alert.severity === 'page'));
  assert.equal((await scene.events('alert.no_data')).length, 1);
});

test('metrics that stop coming resolve nothing either', async () => {
  const scene = await open({ resources: [checkoutAvailability()], noDataAfterMs: 10 * MINUTE });
  await scene.run(5 * MINUTE);
  await scene.run(3 * MINUTE, { failing: 0.5 });
  await scene.run(45 * MINUTE, { silent: true });
  const page = (await scene.alerts.list({ state: 'firing' })).find(alert => alert.severity === 'page')!;
  assert.ok(page.noDataSince !== undefined);
  assert.equal((await scene.events('alert.resolved')).length, 0);
});

test('an objective that is no longer declared ends its alert', async () => {
  const resources = [checkoutAvailability()];
  const scene = await open({ resources });
  await scene.run(5 * MINUTE);
  await scene.run(2 * MINUTE, { failing: 0.5 });
  resources.pop();
  scene.restart();
  await scene.run(5_000);
  const [resolved] = await scene.events('alert.resolved');
  assert.match(resolved!.alert.annotations.resolution ?? '', /no longer declared/);
});

test('the first slow requests of a cold system page nobody', async () => {
  const scene = await open({ rate: 6 });
  await scene.run(20_000, { slow: 0.9, failing: 0.05 });
  await scene.run(10 * MINUTE, {});
  assert.deepEqual(
    (await scene.fired()).filter(alert => alert.severity === 'page'),
    [],
  );
});

test('with ten requests an hour a whole outage still pages', async () => {
  const scene = await open({ rate: 10 / 3600, resources: [checkoutAvailability()] });
  await scene.run(120 * MINUTE, {}, 30_000);
  await scene.run(120 * MINUTE, { failing: 1 }, 30_000);
  const page = (await scene.fired()).find(alert => alert.severity === 'page');
  assert.ok(page !== undefined);
});

test('a single failure among few requests pages nobody', async () => {
  const scene = await open({ rate: 20 / 3600, resources: [checkoutAvailability()] });
  await scene.run(120 * MINUTE, {}, 30_000);
  await scene.run(4 * MINUTE, { failing: 1 });
  await scene.run(120 * MINUTE, {}, 30_000);
  assert.deepEqual(
    (await scene.fired()).filter(alert => alert.severity === 'page'),
    [],
  );
});

test('an hour of healthy noise, at a quarter of what the budget allows, pages nobody', async () => {
  for (const seed of [1, 2]) {
    const scene = await open({ rate: 8, seed });
    await scene.run(60 * MINUTE, { failing: 0.00025, slow: 0.0025 }, 15_000);
    assert.deepEqual(
      (await scene.fired()).filter(alert => alert.severity === 'page'),
      [],
      `seed ${seed}`,
    );
  }
});

test('events carry the alert in the state that was stored', async () => {
  const scene = await open({ resources: [checkoutAvailability()] });
  await scene.run(5 * MINUTE);
  await scene.run(2 * MINUTE, { failing: 1 });
  const [fired] = await scene.fired();
  assert.equal(fired!.state, 'firing');
  assert.equal(fired!.id, (await scene.alerts.get(fired!.id)).id);
  assert.ok(fired!.onsetAt! <= instant(scene.now));
});
