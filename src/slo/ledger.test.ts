import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkoutAvailability, declared } from '../../test/kit/declared.ts';
import { ShopTraffic } from '../../test/kit/shop-traffic.ts';
import type { Resource } from '../catalog/index.ts';
import { instant } from '../kernel/index.ts';
import { startedKernel, type TestKernel } from '../kernel/testing.ts';
import type { BudgetCause } from './cause.ts';
import { ledgerText } from './ledger-text.ts';
import { overrideMigrations } from './override-store.ts';
import { Slos } from './slos.ts';

const START = Date.parse('2026-01-26T23:00:00.000Z');
const MINUTE = 60_000;
const at = (minute: number) => instant(START + minute * MINUTE);
let kernel: TestKernel;
before(async () => {
  kernel = await startedKernel(overrideMigrations, { log: 'silent', now: at(240) });
});
after(() => kernel.stop());

/** Four hours over midnight with two bad times: 20 % at minute 30 to 40, 10 % at minute 180 to 200. */
function traffic(): ShopTraffic {
  const shop = new ShopTraffic({ from: START, rate: 6, exportMs: 30_000 });
  shop.run(START + 30 * MINUTE);
  shop.change({ failing: 0.2 });
  shop.run(START + 40 * MINUTE);
  shop.change({});
  shop.run(START + 180 * MINUTE);
  shop.change({ failing: 0.1 });
  shop.run(START + 200 * MINUTE);
  shop.change({});
  shop.run(START + 240 * MINUTE);
  return shop;
}
const data = traffic().series.metrics();

function open(causes: BudgetCause[], more: Resource[] = []): Slos {
  const events = { on: () => {}, emit: kernel.events.emit.bind(kernel.events) };
  const late = { ...kernel, events } as unknown as TestKernel;
  return new Slos(
    late,
    declared([checkoutAvailability(0.99), ...more]),
    { metrics: data },
    {
      causes: async () => causes,
    },
  );
}

const cause = (
  kind: BudgetCause['kind'],
  id: string,
  from: number,
  to: number,
  causedBy?: string,
): BudgetCause => ({
  kind,
  id,
  title: `${id} of payments`,
  service: 'payments',
  from: at(from),
  to: at(to),
  causedBy,
});
const near = (actual: number, expected: number, what: string) =>
  assert.ok(
    Math.abs(actual - expected) <= 0.12 * Math.abs(expected) + 1e-4,
    `${what}: ${actual}, not ${expected}`,
  );

test('days and causes add up to what is consumed, and a deploy is charged for its incident', async () => {
  const slos = open([
    cause('deploy', 'chg_1', 29, 42),
    cause('incident', 'INC-1', 31, 42, 'chg_1'),
    cause('incident', 'INC-2', 179, 195),
    cause('deploy', 'chg_2', 100, 130),
  ]);
  const ledger = await slos.ledger('checkout-availability', at(240));
  const consumed = ledger.status.budgetConsumed!;
  // 2 min and 2 min of full outage, of a budget of 432 min.
  near(consumed, 4 / 432, 'consumed');
  const days = ledger.days.reduce((sum, day) => sum + (day.consumed ?? 0), 0);
  assert.ok(Math.abs(days - consumed) < 1e-12, `${days} is not ${consumed}`);
  assert.ok(Math.abs(ledger.days.at(-1)!.left! - ledger.status.budgetRemaining!) < 1e-12);
  assert.deepEqual(
    ledger.days.map(day => day.date),
    ['2026-01-26', '2026-01-27'],
  );
  near(ledger.days[0]!.consumed!, 2 / 432, 'first day');
  const of = (id: string) => ledger.causes.find(one => one.id === id)!;
  near(of('chg_1').charged, 2 / 432, 'the deploy');
  near(of('chg_1').minutes, 2, 'its minutes');
  assert.equal(of('INC-1').charged, 0);
  near(of('INC-1').burned, 1.9 / 432, 'what the incident burned');
  near(of('INC-2').charged, 1.5 / 432, 'the other incident');
  assert.equal(of('chg_2').charged, 0);
  const charged = ledger.causes.reduce((sum, one) => sum + one.charged, 0);
  assert.ok(Math.abs(charged + ledger.unexplained - consumed) < 1e-9);
  // The last five minutes of the second bad time, and what counters lose at edges.
  assert.ok(ledger.unexplained > 0.2 / 432 && ledger.unexplained < 0.8 / 432, `${ledger.unexplained}`);
});

const CORRECTION: Resource = {
  apiVersion: 'nines/v1',
  kind: 'BudgetCorrection',
  metadata: { name: 'database-move' },
  spec: {
    services: ['gateway'],
    category: 'maintenance',
    reason: 'the orders database moves',
    from: '2026-01-26T23:29',
    lasts: '13m',
  },
};

test('the ledger says in words what the dearest cause took, and who let what through', async () => {
  const slos = open([cause('deploy', 'chg_1', 29, 42)]);
  await slos.gates.overrides.make(
    {
      service: 'gateway',
      purposes: ['release'],
      reason: 'the fix for INC-7',
      lastMs: 3_600_000,
      level: 'freeze',
    },
    { name: 'responder-a', kind: 'person', role: 'responder' },
  );
  const text = ledgerText(await slos.ledger('checkout-availability', at(240)));
  assert.match(
    text,
    /The dearest: chg_1 of payments\. This deploy burned (1 min 5\d s|2 min( \d+ s)?) of the budget\./,
  );
  assert.match(text, /Overrides of the gate\novr_\w+ {2}gateway {2}release/);
  for (const line of text.split('\n')) assert.ok([...line].length <= 80, line);
});

test('time that a correction takes out is in no budget, no burn-down and no charge', async () => {
  const without = await open([]).ledger('checkout-availability', at(240));
  const slos = open([cause('incident', 'INC-1', 20, 50)], [CORRECTION]);
  const ledger = await slos.ledger('checkout-availability', at(240));
  near(ledger.status.budgetConsumed!, without.status.budgetConsumed! / 2, 'consumed');
  near(ledger.corrections[0]!.saved, without.status.budgetConsumed! / 2, 'saved');
  assert.ok(ledger.causes[0]!.charged < 1e-4, 'the incident lies in the correction');
  assert.equal(ledger.days.length, 2);
  assert.ok(ledger.days[0]!.consumed! < 1e-4);
  const points = await slos.burnDown(
    'checkout-availability',
    await slos.stretch('checkout-availability', at(240), 20),
  );
  assert.ok(Math.abs(points.at(-1)!.budgetRemaining - ledger.status.budgetRemaining!) < 0.002);
});

test('a correction that names nothing, or a rule that is half known, is refused', async () => {
  const { BudgetCorrection } = await import('./correction.ts');
  const parse = (spec: object) =>
    BudgetCorrection.spec.safeParse({ ...(CORRECTION.spec as object), ...spec });
  assert.equal(parse({}).success, true);
  assert.equal(parse({ services: [] }).success, false);
  assert.equal(parse({ rrule: 'FREQ=WEEKLY;BYSETPOS=2' }).success, false);
  assert.equal(parse({ timeZone: 'Nowhere/City' }).success, false);
});

test('the ledger keeps to 80 columns and says what it went on', async () => {
  const slos = open(
    [cause('deploy', 'chg_1', 29, 42), cause('incident', 'INC-1', 31, 42, 'chg_1')],
    [CORRECTION],
  );
  for (const each of [slos, open([cause('incident', 'INC-2', 179, 195)])]) {
    const text = ledgerText(await each.ledger('checkout-availability', at(240)));
    for (const line of text.split('\n')) assert.ok([...line].length <= 80, `${[...line].length}: ${line}`);
    assert.match(text, /By day \(UTC\)/);
    assert.match(text, /Forecast: /);
  }
});

test('the ledger says by an ellipsis that a title goes on', async () => {
  const long = `INC-3 ${'of many words '.repeat(6)}`;
  const text = ledgerText(
    await open([cause('incident', long, 31, 42)]).ledger('checkout-availability', at(240)),
  );
  assert.match(text, /incident INC-3 of many words .*…$/m);
});

test('without data the ledger says so', async () => {
  const late = { ...kernel, events: { on: () => {} } } as unknown as TestKernel;
  const empty = new ShopTraffic({ from: START, rate: 1 }).series.metrics();
  const slos = new Slos(late, declared([checkoutAvailability()]), { metrics: empty });
  const ledger = await slos.ledger('checkout-availability', at(0));
  assert.equal(ledger.status.state, 'no_data');
  assert.equal(ledger.forecast.state, 'no_data');
  assert.match(ledgerText(ledger), /Nothing is known/);
});
