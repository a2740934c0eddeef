import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkoutAvailability, declared } from '../../test/kit/declared.ts';
import { ShopTraffic } from '../../test/kit/shop-traffic.ts';
import type { Resource } from '../catalog/index.ts';
import { type Instant, instant } from '../kernel/index.ts';
import { startedKernel, type TestKernel } from '../kernel/testing.ts';
import type { Compiled } from './declared.ts';
import type { GateAnswer } from './gate.ts';
import type { Gates } from './gates.ts';
import { afterLook, type StandingLevel } from './level.ts';
import { type LevelChanged, Levels } from './levels.ts';
import { overrideMigrations } from './override-store.ts';
import { Slos } from './slos.ts';

const START = Date.parse('2026-01-27T03:00:00.000Z');
const MINUTE = 60_000;
const at = (minutes: number): Instant => instant(START + minutes * MINUTE);
let kernel: TestKernel;
before(async () => {
  kernel = await startedKernel(overrideMigrations, { log: 'silent', now: at(0) });
});
after(() => kernel.stop());

test('a worse level counts at once, a better one when it has held for ten minutes', () => {
  const frozen: StandingLevel = { level: 'freeze', since: at(0) };
  assert.deepEqual(afterLook(undefined, 'healthy', START), { standing: { level: 'healthy', since: at(0) } });
  assert.equal(afterLook(undefined, 'freeze', START).from, 'healthy');
  assert.equal(afterLook({ level: 'caution', since: at(0) }, 'freeze', START).from, 'caution');
  const first = afterLook(frozen, 'caution', START + MINUTE);
  assert.deepEqual(first, { standing: { ...frozen, betterSince: at(1) } });
  assert.equal(afterLook(first.standing, 'caution', START + 5 * MINUTE).from, undefined);
  assert.equal(afterLook(first.standing, 'caution', START + 11 * MINUTE).from, 'freeze');
  assert.deepEqual(afterLook(first.standing, 'freeze', START + 5 * MINUTE), { standing: frozen });
});

test('who is named by the level is told once when the budget comes to it', async () => {
  const traffic = new ShopTraffic({ from: START, rate: 8 });
  traffic.run(START + 7 * MINUTE);
  const policy: Resource = {
    apiVersion: 'nines/v1',
    kind: 'ErrorBudgetPolicy',
    metadata: { name: 'shop-budget' },
    spec: {
      levels: [
        { level: 'healthy', allows: ['release'] },
        { level: 'freeze', budgetBelow: 0.99, allows: [], tell: ['shop-team'] },
      ],
    },
  };
  const told: LevelChanged[] = [];
  const events = {
    on: () => {},
    emit: async (type: string, _: string, data: LevelChanged) => {
      if (type === 'slo.level_changed') told.push(data);
    },
  };
  const slos = new Slos(
    { ...kernel, events } as unknown as TestKernel,
    declared([checkoutAvailability(), policy]),
    { metrics: traffic.series.metrics() },
  );
  await slos.levels.look(START - MINUTE);
  await slos.levels.look(START + 7 * MINUTE);
  assert.equal(told.length, 0, 'no data, and a healthy budget, are no news');
  traffic.change({ failing: 0.5 });
  traffic.run(START + 10 * MINUTE);
  await slos.levels.look(START + 10 * MINUTE);
  await slos.levels.look(START + 11 * MINUTE);
  assert.equal(told.length, 1);
  const { reason, ...change } = told[0]!;
  assert.deepEqual(change, {
    service: 'gateway',
    from: 'healthy',
    to: 'freeze',
    worse: true,
    tell: ['shop-team'],
  });
  assert.match(reason, /of the budget of checkout-availability is left/);
});

test('while one of its budgets cannot be read a service keeps its level, unless a worse one is known', async () => {
  const told: LevelChanged[] = [];
  const events = {
    on: () => {},
    emit: async (_type: string, _subject: string, data: LevelChanged) => told.push(data),
  };
  let found: Partial<GateAnswer> = {};
  const levels = new Levels(
    { ...kernel, events } as unknown as TestKernel,
    declared([]),
    { own: async () => ({ service: 'reports', reason: 'as it is', ...found }) } as unknown as Gates,
    async () => [{ objective: { service: 'reports' } }] as unknown as Compiled[],
  );
  const look = async (minutes: number, level: GateAnswer['level'], unread?: string) => {
    found = { level, ...(unread === undefined ? {} : { unread }) };
    await levels.look(START + minutes * MINUTE);
    return told.map(({ to }) => to);
  };
  assert.deepEqual(await look(0, 'freeze'), ['freeze']);
  assert.deepEqual(await look(1, 'healthy', 'away'), ['freeze']);
  assert.deepEqual(await look(30, 'healthy', 'away'), ['freeze']);
  assert.deepEqual(await look(31, 'stop', 'away'), ['freeze', 'stop']);
  assert.deepEqual(await look(32, 'healthy'), ['freeze', 'stop']);
  assert.deepEqual(await look(43, 'healthy'), ['freeze', 'stop', 'healthy']);
});
