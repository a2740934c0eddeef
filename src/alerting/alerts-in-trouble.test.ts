import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkoutAvailability, ratioSlo } from '../../test/kit/declared.ts';
import type { Resource } from '../catalog/index.ts';
import { startedKernel, type TestKernel } from '../kernel/testing.ts';
import { alertingMigrations } from './store.ts';
import { AlertScene, type AlertSceneOptions } from './testing.ts';

const MINUTE = 60_000;
let kernel: TestKernel;
before(async () => {
  kernel = await startedKernel(alertingMigrations, { log: 'silent' });
});
after(() => kernel.stop());

const open = (options?: AlertSceneOptions) => AlertScene.open(kernel, options);
const resources = [checkoutAvailability()];

test('metrics that stop coming are told within a quarter of an hour, and not when the longest window is empty', async () => {
  const scene = await open({ resources });
  await scene.run(10 * MINUTE, {}, 15_000);
  await scene.run(17 * MINUTE, { silent: true }, 15_000);
  const [told, ...more] = (await scene.events('alert.no_data')) as unknown as Record<string, string>[];
  assert.equal(more.length, 0);
  assert.equal(told!.rule, 'checkout-availability:page:1h');
  assert.match(told!.reason!, /nothing for this indicator over 5m/);
});

test('what comes seldom is told once, and what has been there for a while is told again', async () => {
  const scene = await open({ resources });
  await scene.run(10 * MINUTE, {}, 30_000);
  for (let round = 0; round < 3; round++) {
    await scene.run(20 * MINUTE, { silent: true }, 30_000);
    await scene.run(3 * MINUTE, {}, 30_000);
  }
  assert.equal((await scene.events('alert.no_data')).length, 1);
  await scene.run(15 * MINUTE, {}, 30_000);
  await scene.run(20 * MINUTE, { silent: true }, 30_000);
  assert.equal((await scene.events('alert.no_data')).length, 2);
});

test('over a year the first burn rule speaks after the warm-up too, before the one for low traffic', async () => {
  const slo = checkoutAvailability();
  const year = { ...(slo.spec as object), timeWindow: [{ duration: '365d', isRolling: true }] };
  const scene = await open({ resources: [{ ...slo, spec: year }] });
  await scene.run(10 * MINUTE, { failing: 0.5 }, 30_000);
  const [page] = (await scene.fired()).filter(alert => alert.severity === 'page');
  assert.match(page?.rule ?? 'nobody was paged', /:page:12h/);
});

test('an alert whose objective has no rule for it any more ends, and says why', async () => {
  const slo = checkoutAvailability();
  const changing = [slo];
  const scene = await open({ resources: changing });
  await scene.run(15 * MINUTE, {}, 30_000);
  await scene.run(5 * MINUTE, { failing: 0.5 }, 15_000);
  const [firing] = await scene.alerts.list({ state: 'firing' });
  assert.notEqual(firing, undefined);
  changing[0] = { ...slo, spec: { ...(slo.spec as object), alertPolicies: [] } };
  scene.restart();
  await scene.run(15_000, undefined, 15_000);
  assert.deepEqual(await scene.alerts.list({ state: 'firing' }), []);
  const ended = await scene.alerts.get(firing!.id);
  assert.match(ended.annotations.resolution!, /no rule for a (page|ticket) any more/);
  assert.ok((await scene.events('alert.resolved')).some(({ alert }) => alert.id === firing!.id));
});

test('what flaps for hours makes one alert, calls twice at most, and ends', async () => {
  for (const [bad, good] of [
    [5, 25],
    [10, 50],
  ] as const) {
    const scene = await open({ resources });
    await scene.run(30 * MINUTE, {}, 60_000);
    for (let minute = 0; minute < 180; minute += bad + good) {
      await scene.run(bad * MINUTE, { failing: 0.5 }, 30_000);
      // As after a restart: it must be known from the database that it has come back.
      scene.restart();
      await scene.run(good * MINUTE, {}, 30_000);
    }
    const pages = (await scene.fired()).filter(alert => alert.severity === 'page');
    assert.equal(new Set(pages.map(alert => alert.id)).size, 1, `${bad} of ${bad + good} min`);
    assert.ok(pages.length <= 2, `${bad} of ${bad + good} min: ${pages.length} times`);
    await scene.run(150 * MINUTE, {}, 60_000);
    assert.ok((await scene.alerts.list({ state: 'firing' })).every(alert => alert.severity !== 'page'));
  }
});

test('an SLO that can no longer be evaluated keeps its alert, and says why nothing is known', async () => {
  const mine: Resource[] = [checkoutAvailability()];
  const scene = await open({ resources: mine, noDataAfterMs: 5 * MINUTE });
  await scene.run(5 * MINUTE);
  await scene.run(2 * MINUTE, { failing: 0.5 });
  mine[0] = ratioSlo('checkout-availability', 0.999, { bad: 'sum:errors{a:b}', total: 'x_total' });
  scene.restart();
  await scene.run(6 * MINUTE, {}, 15_000);
  assert.equal((await scene.events('alert.resolved')).length, 0);
  const [page] = await scene.alerts.list({ state: 'firing' });
  assert.notEqual(page!.noDataSince, undefined);
  const [told] = (await scene.events('alert.no_data')) as unknown as Record<string, string>[];
  assert.match(told!.reason!, /not PromQL/);
});

test('an objective that is declared again begins with no old gap', async () => {
  const mine = [checkoutAvailability()];
  const scene = await open({ resources: mine });
  await scene.run(5 * MINUTE, { silent: true });
  mine.pop();
  scene.restart();
  await scene.run(60 * MINUTE, {}, 60_000);
  mine.push(checkoutAvailability());
  scene.traffic.change({ silent: true });
  scene.restart();
  await scene.run(MINUTE);
  assert.equal((await scene.events('alert.no_data')).length, 0);
});

type Metrics = Parameters<NonNullable<AlertSceneOptions['metrics']>>[0];

/** A source of which some answers are others. */
function altered(own: Metrics, changes: Partial<Metrics>): Metrics {
  return new Proxy(own, {
    get: (source, key) => {
      const found: unknown = Reflect.get(changes, key) ?? Reflect.get(source, key);
      return typeof found === 'function' ? found.bind(source) : found;
    },
  });
}

/** Lets fake time pass, a second at a time, until the work is done; how long that took. */
async function within(work: Promise<void>): Promise<number> {
  let done = false;
  work.finally(() => {
    done = true;
  });
  let seconds = 0;
  for (;;) {
    for (let n = 0; n < 20 && !done; n++) await new Promise(resolve => setImmediate(resolve));
    if (done) break;
    await kernel.testClock.tick(1000);
    seconds++;
  }
  await work;
  return seconds;
}

test('a source that hangs holds up no turn for long, and no objective of another source at all', async () => {
  const asked: string[] = [];
  const many = Array.from({ length: 300 }, (_, index) =>
    ratioSlo(`slow-${index}`, 0.999, {
      bad: `errors_total{job="slow-${index}"}`,
      total: `requests_total{job="slow-${index}"}`,
    }),
  );
  const scene = await open({
    resources: [...many, checkoutAvailability()],
    metrics: own =>
      altered(own, {
        sourceOf: (query: string) => (/job="slow/.test(query) ? 'hangs' : 'own'),
        instant: (query: string, at: string, options?: { signal?: AbortSignal }) => {
          if (!/job="slow/.test(query)) return own.instant(query, at, options);
          asked.push(/slow-\d+/.exec(query)![0]);
          return new Promise(() => {});
        },
      }),
  });
  scene.traffic.run(scene.now + 10 * MINUTE);
  scene.traffic.change({ failing: 0.5 });
  scene.traffic.run(scene.now + 13 * MINUTE);
  const at = (turn: number) => scene.now + 13 * MINUTE + turn * 15_000;
  assert.ok((await within(scene.alerts.evaluate(at(0)))) <= 15);
  assert.ok(
    (await scene.fired()).some(alert => alert.objective === 'checkout-availability'),
    'the other source was judged in the same turn',
  );
  assert.equal(new Set(asked).size, 6, 'and the one that hangs is not asked by all at once');
  for (let turn = 1; turn < 4; turn++) assert.ok((await within(scene.alerts.evaluate(at(turn)))) <= 15);
  // What was not asked in one turn is asked in the next.
  assert.ok(new Set(asked).size >= 24);
});

test('a page waits a few seconds for what it could say, and then says less', async () => {
  let stuck = false;
  const scene = await open({
    resources,
    metrics: own =>
      altered(own, {
        range: (...args: Parameters<typeof own.range>) =>
          stuck ? new Promise(() => {}) : own.range(...args),
      }),
  });
  await scene.run(5 * MINUTE);
  stuck = true;
  scene.traffic.change({ failing: 0.5 });
  scene.traffic.run(scene.now + 2 * MINUTE);
  assert.ok((await within(scene.alerts.evaluate(scene.now + 2 * MINUTE))) <= 6);
  const page = (await scene.fired()).find(alert => alert.severity === 'page');
  assert.match(page!.annotations.summary, /of requests fail/);
  assert.match(page!.annotations.description, /When it began cannot be told/);
});
