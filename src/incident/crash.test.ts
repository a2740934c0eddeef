import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TestClock } from 'pg-boss';
import { Catalog, catalogMigrations, Service, Team } from '../catalog/index.ts';
import { createKernel, createLog, duration, openPglite } from '../kernel/index.ts';
import { type Channel, Notifications, notifyMigrations } from '../notify/index.ts';
import { OnCall, oncallKinds, oncallMigrations } from '../oncall/index.ts';
import { Incidents } from './incidents.ts';
import { incidentMigrations } from './store.ts';

const CODE = `
apiVersion: nines/v1
kind: Team
metadata: { name: shop-team }
spec: { members: [{ name: first, contacts: [{ channel: hook }] }] }
---
apiVersion: nines/v1
kind: Service
metadata: { name: payments }
spec: { owner: shop-team, tier: 1 }
---
apiVersion: nines/v1
kind: EscalationPolicy
metadata: { name: shop }
spec: { steps: [{ notify: [{ team: shop-team }], wait: 60s }] }
---
apiVersion: nines/v1
kind: Route
metadata: { name: default }
spec: { policy: shop }
`;

test('killed twice in the middle of an incident: it goes on with the same one, one page, nothing twice', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nines-incident-'));
  const told: string[] = [];
  const life = async (now: string) => {
    const clock = new TestClock(now);
    const kernel = createKernel({
      db: await openPglite(folder),
      log: createLog('silent'),
      clock: { now: () => clock.now(), sleep: () => new Promise(() => {}) },
      testClock: clock,
    });
    const hook: Channel = {
      name: 'hook',
      local: false,
      send: async message => {
        told.push(`${message.kind} ${message.subject}`);
        return {};
      },
    };
    const catalog = new Catalog(kernel, [Service, Team, ...oncallKinds]);
    const oncall = new OnCall(kernel, catalog, new Notifications(kernel, [hook]));
    const incidents = new Incidents(kernel, catalog, oncall, { settle: duration('20s') });
    kernel.events.on<{ alert: string }>('alert.fired', 'test.open', async ({ data }) => {
      await incidents.open({
        id: data.alert,
        fingerprint: data.alert,
        name: 'Burn',
        service: 'payments',
        severity: 'page',
        burnRate: 20,
      });
    });
    await kernel.start([
      ...catalogMigrations,
      ...notifyMigrations,
      ...oncallMigrations,
      ...incidentMigrations,
    ]);
    /** Fake seconds, until it holds. */
    const until = async (holds: () => Promise<boolean>) => {
      for (let second = 0; second < 60; second++) {
        for (let turn = 0; turn < 20; turn++) {
          if (await holds()) return;
          await clock.tick(0);
          await new Promise(resolve => setTimeout(resolve, 2));
        }
        await clock.tick(1_000);
      }
      throw new Error('it did not come to hold within a minute');
    };
    // As kill -9: the database is cut off in the middle; nothing is put in order.
    const kill = () => kernel.db.close();
    return { kernel, catalog, incidents, clock, until, kill };
  };

  const one = await life('2026-01-27T03:15:00.000Z');
  await one.catalog.apply([{ path: '/code/a.yaml', text: CODE }]);
  await one.kernel.events.emit('alert.fired', 'fp', { alert: 'a' });
  await one.until(async () => told.length === 1);
  await one.until(async () => (await one.incidents.timeline('INC-1')).some(entry => entry.kind === 'page'));
  await one.kill();

  const two = await life('2026-01-27T03:15:30.000Z');
  await two.kernel.events.emit('alert.fired', 'fp', { alert: 'a' });
  await two.incidents.acknowledge('INC-1', { name: 'first', kind: 'person', role: 'responder' });
  await two.until(async () => two.clock.now() > Date.parse('2026-01-27T03:15:35.000Z'));
  await two.incidents.alertResolved({ id: 'a' });
  assert.equal((await two.incidents.get('INC-1')).status, 'mitigated');
  await two.kill();

  const three = await life('2026-01-27T03:16:00.000Z');
  await three.until(async () => (await three.incidents.get('INC-1')).status === 'resolved');
  await three.until(async () => told.length === 2);
  assert.deepEqual(told, [
    'page INC-1: payments: Burn is in danger',
    'notice INC-1 is resolved: payments: Burn is in danger',
  ]);
  assert.deepEqual(
    (await three.incidents.list()).map(incident => incident.id),
    ['INC-1'],
  );
  const timeline = await three.incidents.timeline('INC-1');
  const texts = timeline.filter(entry => entry.kind !== 'update').map(entry => entry.text);
  assert.deepEqual(texts, [...new Set(texts)], 'nothing is recorded twice');
  assert.equal(timeline.filter(entry => entry.kind === 'page').length, 1);
  await three.kernel.stop();
  for (const life of [one, two]) await life.kernel.jobs.stop().catch(() => {});
  await rm(folder, { recursive: true });
});
