import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkoutAvailability, checkoutLatency, declared, ratioSlo } from '../../test/kit/declared.ts';
import { ShopTraffic } from '../../test/kit/shop-traffic.ts';
import type { Resource } from '../catalog/index.ts';
import { duration, type Fault, instant, milliseconds } from '../kernel/index.ts';
import { startedKernel, type TestKernel } from '../kernel/testing.ts';
import { overrideMigrations } from './override-store.ts';
import { proofText } from './proof.ts';
import { Slos } from './slos.ts';
import { statusTable, statusText } from './text.ts';

const START = Date.parse('2026-01-27T03:00:00.000Z');
const MINUTE = 60_000;
let kernel: TestKernel;
before(async () => {
  kernel = await startedKernel(overrideMigrations, { log: 'silent' });
});
after(() => kernel.stop());

function open(traffic: ShopTraffic, resources: Resource[]): Slos {
  const late = { ...kernel, events: { on: () => {} } } as unknown as TestKernel;
  return new Slos(late, declared(resources), { metrics: traffic.series.metrics() });
}

/** Ten minutes of traffic, of which the last three have failures. */
function incident(): ShopTraffic {
  const traffic = new ShopTraffic({ from: START, rate: 8 });
  traffic.run(START + 7 * MINUTE);
  traffic.change({ failing: 0.5 });
  traffic.run(START + 10 * MINUTE);
  return traffic;
}

test('three minutes of a half outage on a fresh system cost their part of the month', async () => {
  const slos = open(incident(), [checkoutAvailability()]);
  const status = await slos.status('checkout-availability', instant(START + 10 * MINUTE));
  // 3 min × 50 % of a budget of 43.2 min; the counter's first export is lost to `increase`.
  assert.ok(Math.abs(status.budgetConsumed! - 1.5 / 43.2) < 0.008, `${status.budgetConsumed}`);
  assert.ok(Math.abs(status.budgetMinutes - 43.2) < 1e-6);
  assert.ok(Math.abs(status.errorRatio! - 0.15) < 0.03);
  assert.equal(status.state, 'at_risk');
  const five = status.burnRates.find(one => one.window === '5m')!;
  assert.ok(five.burnRate! > 200 && five.burnRate! < 350, `${five.burnRate}`);
});

test('an objective without data is in no_data, and not fine', async () => {
  const slos = open(new ShopTraffic({ from: START, rate: 1 }), [checkoutAvailability()]);
  const status = await slos.status('checkout-availability', instant(START));
  assert.equal(status.state, 'no_data');
  assert.equal(status.budgetRemaining, undefined);
  assert.match(
    statusTable([status], []),
    /Nothing is known of:\n {2}checkout-availability: the metrics have nothing/,
  );
});

test('an objective whose series have vanished keeps its budget, and does not look healthy', async () => {
  const traffic = incident();
  const slos = open(traffic, [checkoutAvailability(), checkoutLatency()]);
  const later = instant(START + 40 * MINUTE);
  const status = await slos.status('checkout-availability', later);
  assert.ok(status.budgetRemaining! < 1);
  assert.match(status.reason!, /nothing has come for over 5m/);
  assert.match(statusText(status), /Now: no data\. Nothing has come for over 5m/);
  const table = statusTable(await slos.statuses(later), []);
  assert.match(table, /Nothing new is known of:\n {2}checkout-availability: nothing has come/);
  for (const line of table.split('\n')) assert.ok([...line].length <= 80, line);
  const well = await slos.status('checkout-availability', instant(START + 10 * MINUTE));
  assert.equal(well.reason, undefined);
});

test('a histogram bucket that does not exist is no data, and not 100 % slow', async () => {
  const wrong = ratioSlo('latency', 0.99, {
    good: 'http_server_request_duration_seconds_bucket{le="0.7"}',
    total: 'http_server_request_duration_seconds_count',
  });
  const slos = open(incident(), [wrong]);
  assert.equal((await slos.status('latency', instant(START + 10 * MINUTE))).state, 'no_data');
});

test('a source that fails is no data with its reason, for the one objective', async () => {
  const traffic = incident();
  traffic.series.failure = new Error('connection refused');
  const slos = open(traffic, [checkoutAvailability()]);
  const [status] = await slos.statuses(instant(START + 10 * MINUTE));
  assert.equal(status!.state, 'no_data');
  assert.match(status!.reason!, /connection refused/);
});

test('an SLO that cannot be evaluated is listed with its reason', async () => {
  const datadog = ratioSlo('broken', 0.99, { bad: 'sum:trace.hits{a:b}', total: 'x_total' });
  const slos = open(incident(), [datadog, checkoutAvailability()]);
  assert.equal((await slos.objectives()).length, 1);
  assert.match((await slos.broken())[0]!.problem, /SLO broken: The query is not PromQL/);
  await assert.rejects(
    slos.find('nothing'),
    (fault: Fault) => fault.code === 'not_found' && /checkout-availability/.test(fault.detail.hint!),
  );
});

test('a reading tells healthy from not over the last minute', async () => {
  const traffic = incident();
  const slos = open(traffic, [checkoutAvailability(), checkoutLatency()]);
  const sick = await slos.reading('gateway', duration('1m'), instant(START + 10 * MINUTE));
  assert.deepEqual(
    sick.map(one => one.healthy),
    [false, true],
  );
  traffic.change({});
  traffic.run(START + 12 * MINUTE);
  const well = await slos.reading('gateway', duration('1m'), instant(START + 12 * MINUTE));
  assert.deepEqual(
    well.map(one => one.healthy),
    [true, true],
  );
  assert.deepEqual(await slos.reading('other', duration('1m'), instant(START + 12 * MINUTE)), []);
});

test('what an incident cost is about what the budget went down by', async () => {
  const slos = open(incident(), [checkoutAvailability()]);
  const at = instant(START + 10 * MINUTE);
  const cost = await slos.consumed('checkout-availability', { from: instant(START + 7 * MINUTE), to: at });
  const { budgetConsumed } = await slos.status('checkout-availability', at);
  assert.ok(
    Math.abs(cost.budgetShare - budgetConsumed!) / budgetConsumed! < 0.12,
    `${cost.budgetShare} of ${budgetConsumed}`,
  );
  assert.ok(cost.bad > 500 && cost.bad < 900);
});

test('the burn-down begins whole and only goes down during an outage', async () => {
  const slos = open(incident(), [checkoutAvailability()]);
  const to = instant(START + 10 * MINUTE);
  const points = await slos.burnDown('checkout-availability', {
    from: instant(START + MINUTE),
    to,
    step: milliseconds(30_000),
  });
  assert.ok(points.length >= 15);
  assert.equal(points[0]!.budgetRemaining, 1);
  for (const [index, point] of points.entries())
    if (index > 0) assert.ok(point.budgetRemaining <= points[index - 1]!.budgetRemaining + 1e-9);
  const { budgetRemaining } = await slos.status('checkout-availability', to);
  assert.ok(Math.abs(points.at(-1)!.budgetRemaining - budgetRemaining!) < 0.005);
  await assert.rejects(
    slos.burnDown('checkout-availability', { from: instant(START), to, step: milliseconds(100) }),
    (fault: Fault) => fault.code === 'invalid',
  );
});

const POLICY = (levels: unknown[]): Resource => ({
  apiVersion: 'nines/v1',
  kind: 'ErrorBudgetPolicy',
  metadata: { name: 'shop-budget' },
  spec: { levels: [{ level: 'healthy', allows: ['release', 'chaos'] }, ...levels] },
});

test('the gate follows the policy level of the scarcest budget', async () => {
  const at = instant(START + 10 * MINUTE);
  const gate = (policy: Resource[], purpose: 'release' | 'chaos', service = 'gateway') =>
    open(incident(), [checkoutLatency(), checkoutAvailability(), ...policy]).gate(service, purpose, at);
  assert.equal((await gate([POLICY([])], 'release')).allowed, true);
  const frozen = POLICY([{ level: 'freeze', budgetBelow: 0.99, allows: [] }]);
  const no = await gate([frozen], 'release');
  assert.equal(no.allowed, false);
  assert.equal(no.level, 'freeze');
  assert.match(
    no.reason,
    /^9\d(\.\d)? % of the budget of checkout-availability is left \(30d\): level freeze of the policy shop-budget/,
  );
  const burning = POLICY([{ level: 'freeze', burnAbove: { rate: 100, over: '5m' }, allows: [] }]);
  assert.equal((await gate([burning], 'release')).allowed, false);
  assert.deepEqual(await gate([frozen], 'release', 'auth'), {
    allowed: true,
    level: 'no_slo',
    service: 'auth',
    reason: 'auth has no SLO, so no budget speaks against it.',
  });
});

test('without data the gate allows only what the policy says', async () => {
  const slos = open(new ShopTraffic({ from: START, rate: 1 }), [checkoutAvailability()]);
  assert.equal((await slos.gate('gateway', 'release', instant(START))).allowed, true);
  const chaos = await slos.gate('gateway', 'chaos', instant(START));
  assert.equal(chaos.allowed, false);
  assert.equal(chaos.level, 'no_data');
});

test('looking again at the same instant asks the source nothing', async () => {
  const traffic = incident();
  const slos = open(traffic, [checkoutAvailability()]);
  const at = instant(START + 10 * MINUTE);
  await slos.statuses(at);
  const before = traffic.series.selections;
  await slos.statuses(at);
  assert.equal(traffic.series.selections, before);
});

test('what is shown keeps to 80 columns', async () => {
  const slos = open(incident(), [checkoutAvailability(), checkoutLatency()]);
  const statuses = await slos.statuses(instant(START + 10 * MINUTE));
  for (const line of `${statusTable(statuses, [])}\n${statusText(statuses[0]!)}`.split('\n'))
    assert.ok([...line].length <= 80, `${[...line].length}: ${line}`);
});

test('an objective without alert policies by its own word pages nobody, and says so; its budget counts all the same', async () => {
  const quiet = checkoutAvailability();
  const slo = { ...quiet, spec: { ...(quiet.spec as object), alertPolicies: [] } };
  const slos = open(incident(), [slo]);
  const at = instant(START + 600_000);
  assert.deepEqual(await slos.alertRules(), []);
  const status = await slos.status('checkout-availability', at);
  assert.ok(status.budgetConsumed! > 0.01);
  assert.deepEqual(
    status.burnRates.map(one => one.window),
    ['5m', '1h'],
  );
  const proof = await slos.prove('checkout-availability', at);
  assert.deepEqual([proof.able, proof.silent, proof.problems], [false, true, []]);
  for (const line of proofText(proof).split('\n')) assert.ok(line.length <= 80, line);
  assert.deepEqual(await slos.reading('gateway', milliseconds(60_000), at), []);
});
