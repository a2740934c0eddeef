import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkoutAvailability, declared } from '../../test/kit/declared.ts';
import { ShopTraffic } from '../../test/kit/shop-traffic.ts';
import type { Resource } from '../catalog/index.ts';
import { type Fault, instant, type Principal } from '../kernel/index.ts';
import { startedKernel, type TestKernel } from '../kernel/testing.ts';
import { overrideMigrations } from './override-store.ts';
import { Slos } from './slos.ts';

const START = Date.parse('2026-01-27T03:00:00.000Z');
const HOUR = 3_600_000;
let kernel: TestKernel;
before(async () => {
  kernel = await startedKernel(overrideMigrations, { log: 'silent', now: instant(START + 600_000) });
});
after(() => kernel.stop());

const person = (name: string): Principal => ({ name, kind: 'person', role: 'responder' });
const request = (service: string) => ({
  service,
  purposes: ['release'] as const,
  reason: 'the fix for INC-7',
  lastMs: 2 * HOUR,
});

function service(name: string, dependsOn: string[]): Resource {
  return {
    apiVersion: 'nines/v1',
    kind: 'Service',
    metadata: { name },
    spec: { owner: 'shop', tier: 1, dependsOn },
  };
}

type ShopMetrics = ReturnType<ShopTraffic['series']['metrics']>;

/** A shop whose gateway has spent a part of its budget, at a level. */
function shop(
  level: string,
  {
    holdsAlso = {},
    metrics = own => own,
    catalog = own => own,
  }: {
    holdsAlso?: object;
    metrics?: (own: ShopMetrics) => ShopMetrics;
    catalog?: (own: ReturnType<typeof declared>) => ReturnType<typeof declared>;
  } = {},
): Slos {
  const traffic = new ShopTraffic({ from: START, rate: 8 });
  traffic.run(START + 420_000);
  traffic.change({ failing: 0.5 });
  traffic.run(START + 600_000);
  const policy: Resource = {
    apiVersion: 'nines/v1',
    kind: 'ErrorBudgetPolicy',
    metadata: { name: 'shop-budget' },
    spec: {
      levels: [
        { level: 'healthy', allows: ['release'] },
        { level, budgetBelow: 0.99, allows: ['fix_release'], ...holdsAlso },
      ],
    },
  };
  const services = [
    service('gateway', ['payments']),
    service('payments', ['ledger']),
    service('ledger', []),
    service('reports', []),
  ];
  const events = { on: () => {}, emit: kernel.events.emit.bind(kernel.events) };
  const late = { ...kernel, events } as unknown as TestKernel;
  return new Slos(late, catalog(declared([...services, checkoutAvailability(), policy])), {
    metrics: metrics(traffic.series.metrics()),
  });
}

test('a release of a service is denied by the budget of one that depends on it through others', async () => {
  const slos = shop('freeze');
  const answer = await slos.gate('ledger', 'release');
  assert.equal(answer.allowed, false);
  assert.equal(answer.service, 'gateway');
  assert.equal(answer.level, 'freeze');
  assert.equal((await slos.gate('ledger', 'fix_release')).allowed, true);
  assert.equal((await slos.gate('reports', 'release')).level, 'no_slo');
});

test('a burn that cannot be read is no answer: only what ends a burn goes on, and no level is known to be better', async () => {
  const slos = shop('freeze', {
    holdsAlso: { burnAbove: { rate: 10, over: '7m' }, budgetBelow: -1 },
    metrics: own => {
      const ask = own.instant.bind(own);
      own.instant = async (query, ...rest) => {
        if (query.includes('[7m]')) throw new Error('away');
        return ask(query, ...rest);
      };
      return own;
    },
  });
  const answer = await slos.gate('gateway', 'release');
  assert.equal(answer.allowed, false);
  assert.equal(answer.level, 'no_data');
  assert.match(answer.unread ?? '', /burn could not be read: away/);
  assert.equal(
    (await slos.gate('gateway', 'fix_release')).allowed,
    false,
    'healthy allows releases alone here',
  );
  const own = await slos.gates.own('gateway', instant(START + 600_000));
  assert.equal(own!.level, 'healthy');
  assert.match(own!.unread ?? '', /away/);
});

test('corrections that could not be listed once are asked for again at once', async () => {
  let asked = 0;
  const slos = shop('freeze', {
    catalog: own => ({
      list: async kind => {
        if (kind.kind === 'BudgetCorrection' && asked++ === 0) throw new Error('away');
        return own.list(kind);
      },
    }),
  });
  assert.equal((await slos.gate('gateway', 'release')).level, 'no_data');
  assert.equal((await slos.gate('gateway', 'release')).level, 'freeze');
});

test('an override lets it through, is named by the gate, and ends by itself', async () => {
  const slos = shop('slow_down');
  const { override, waitsForSecond } = await slos.gates.override(request('payments'), person('responder-a'));
  assert.equal(waitsForSecond, false);
  assert.equal(override.level, 'slow_down');
  const answer = await slos.gate('payments', 'release');
  assert.equal(answer.allowed, true);
  assert.equal(answer.override!.id, override.id);
  assert.match(answer.reason, /Overridden by responder-a until .* the fix for INC-7$/);
  assert.equal((await slos.gate('payments', 'chaos')).allowed, false, 'only for what it names');
  assert.equal((await slos.gate('ledger', 'release')).allowed, false, 'only for the service it names');
  const over = instant(START + 600_000 + 3 * HOUR);
  const [found] = await slos.gates.overrides.between({ from: instant(START), to: over }, ['payments']);
  assert.equal(found!.id, override.id);
  assert.equal((await slos.gates.overrides.between({ from: over, to: over })).length, 0);
  await slos.gates.overrides.end(override.id, person('responder-b'));
  assert.equal((await slos.gate('payments', 'release')).allowed, false);
});

test('from the policy’s level on it counts once a second person confirmed it', async () => {
  const slos = shop('freeze');
  const { override, waitsForSecond } = await slos.gates.override(request('gateway'), person('responder-a'));
  assert.equal(waitsForSecond, true);
  assert.equal((await slos.gate('gateway', 'release')).allowed, false);
  await assert.rejects(
    slos.gates.overrides.confirm(override.id, person('responder-a')),
    (fault: Fault) => fault.code === 'forbidden',
  );
  await slos.gates.overrides.confirm(override.id, person('responder-b'));
  const answer = await slos.gate('gateway', 'release');
  assert.equal(answer.allowed, true);
  assert.equal(answer.override!.confirmedBy, 'responder-b');
});

test('an override that is taken back while another person confirms it stays taken back', async () => {
  const slos = shop('freeze');
  const { overrides } = slos.gates;
  const { override } = await slos.gates.override(request('payments'), person('responder-a'));
  await Promise.allSettled([
    overrides.end(override.id, person('responder-a')),
    overrides.confirm(override.id, person('responder-b')),
  ]);
  assert.equal((await overrides.get(override.id)).endedBy, 'responder-a');
  assert.equal((await slos.gate('payments', 'release')).allowed, false);
});

test('only a person overrides, and not for longer than three days', async () => {
  const slos = shop('freeze');
  await assert.rejects(
    slos.gates.override(request('gateway'), { name: 'nines', kind: 'system', role: 'admin' }),
    (fault: Fault) => fault.code === 'forbidden',
  );
  await assert.rejects(
    slos.gates.override({ ...request('gateway'), lastMs: 73 * HOUR }, person('responder-a')),
    (fault: Fault) => fault.code === 'invalid',
  );
});

test('a second person is another name of a token, however it is typed, and says it once', async () => {
  const slos = shop('freeze');
  const { override } = await slos.gates.override(
    { ...request('gateway'), purposes: ['release', 'release'] },
    person('Responder-A'),
  );
  assert.deepEqual(override.purposes, ['release']);
  for (const same of ['Responder-A', 'responder-a', ' RESPONDER-A '])
    await assert.rejects(slos.gates.overrides.confirm(override.id, person(same)), { code: 'forbidden' });
  const agent: Principal = { ...person('responder-b'), kind: 'agent' };
  await assert.rejects(slos.gates.overrides.confirm(override.id, agent), { code: 'forbidden' });
  const events = async () =>
    (
      await kernel.db.query(
        "select 1 from event where type = 'slo.override_confirmed' and data::text like $1",
        [`%${override.id}%`],
      )
    ).length;
  const typed: Principal = { ...person('responder-b'), claimed: true };
  const second = await slos.gates.overrides.confirm(override.id, typed);
  assert.equal(second.claimed, true);
  const again = await slos.gates.overrides.confirm(override.id, person('responder-c'));
  assert.equal(again.confirmedBy, 'responder-b');
  assert.equal(await events(), 1, 'told once');
  const { overrideText } = await import('./override.ts');
  assert.match(overrideText(second, 'in_force').replace(/\s+/g, ' '), /names as typed: no token proves them/);
});

test('an override ends at a time that is ahead and near, said in one way', async () => {
  const slos = shop('freeze');
  const now = START + 600_000;
  const make = (end: object) =>
    slos.gates.override({ ...request('gateway'), lastMs: undefined, ...end }, person('a'));
  const until = async (end: object) => (await make(end)).override.until;
  assert.equal(await until({}), instant(now + 2 * HOUR));
  assert.equal(await until({ until: instant(now + HOUR) }), instant(now + HOUR));
  assert.equal(await until({ lastMs: 72 * HOUR }), instant(now + 72 * HOUR));
  const refused: [end: object, message: RegExp][] = [
    [{ lastMs: 0 }, /ended already/],
    [{ until: instant(now) }, /ended already/],
    [{ until: instant(now - HOUR) }, /ended already/],
    [{ until: instant(now + 73 * HOUR) }, /at most 72 hours/],
    [{ lastMs: HOUR, until: instant(now + HOUR) }, /either a length or an end/],
  ];
  for (const [end, message] of refused)
    await assert.rejects(
      make(end),
      (fault: Fault) => fault.code === 'invalid' && message.test(fault.message),
    );
});

test('what nobody confirmed counted at no time, and what was taken back until then', async () => {
  const { countedUntil } = await import('./override.ts');
  const slos = shop('freeze');
  const { override } = await slos.gates.override(request('gateway'), person('responder-a'));
  assert.equal(countedUntil(override), undefined);
  const second = await slos.gates.overrides.confirm(override.id, person('responder-b'));
  assert.equal(countedUntil(second), override.until);
  const back = await slos.gates.overrides.end(override.id, person('responder-b'));
  assert.equal(countedUntil(back), instant(START + 600_000));
  await assert.rejects(slos.gates.overrides.confirm(override.id, person('responder-c')), {
    code: 'conflict',
    message: /taken back by responder-b/,
  });
});

test('an override says how it stands: it waits, is in force, is taken back, or was for one action', async () => {
  const slos = shop('freeze');
  const at = instant(START + 600_000);
  const { override } = await slos.gates.override(request('gateway'), person('responder-a'));
  assert.equal(await slos.gates.stateOf(override, at), 'waits_for_second');
  const second = await slos.gates.overrides.confirm(override.id, person('responder-b'));
  assert.equal(await slos.gates.stateOf(second, at), 'in_force');
  assert.equal(await slos.gates.stateOf(second, instant(START + 6 * HOUR)), 'over');
  const back = await slos.gates.overrides.end(override.id, person('responder-b'));
  assert.equal(await slos.gates.stateOf(back, at), 'taken_back');
  const facts = {
    id: 'act_once',
    service: 'payments',
    purpose: 'release' as const,
    by: 'responder-a',
    reason: 'the fix for INC-7',
    at,
    level: 'slow_down',
    action: 'release payments v2',
  };
  await slos.gates.overrides.noteAction(facts);
  await slos.gates.overrides.noteAction(facts);
  const kept = (await slos.gates.overrides.between({ from: instant(START), to: at })).filter(
    one => one.action !== undefined,
  );
  assert.equal(kept.length, 1, 'told twice, kept once');
  assert.equal(await slos.gates.stateOf(kept[0]!, at), 'one_action');
  assert.equal((await slos.gate('payments', 'release')).allowed, false, 'nothing else goes through by it');
});

test('what an override is keeps to 80 columns', async () => {
  const { overrideText } = await import('./override.ts');
  const [one] = await shop('freeze').gates.overrides.between({
    from: instant(START),
    to: instant(START + HOUR),
  });
  const text = overrideText(
    { ...one!, reason: 'because the fix cannot wait '.repeat(8) },
    'waits_for_second',
  );
  for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
  assert.match(text, /nines slo confirm ovr_/);
});
