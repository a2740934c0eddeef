import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { alertingMigrations } from './alerting/index.ts';
import { tidy } from './kernel/index.ts';
import { startedKernel, type TestKernel } from './kernel/testing.ts';
import { notifyMigrations } from './notify/index.ts';
import { platformMigrations } from './platform/index.ts';
import { pruneState, StateConfig } from './state-retention.ts';

const DAY = 86_400_000;
const now = '2026-06-01T00:00:00.000Z';
const ago = (days: number) => new Date(Date.parse(now) - days * DAY);
let kernel: TestKernel;

before(async () => {
  kernel = await startedKernel([...notifyMigrations, ...platformMigrations, ...alertingMigrations], { now });
});
after(() => kernel.stop());

const idsOf = async (table: string) =>
  (await kernel.db.query<{ id: string }>(`select id from ${table} order by id`)).map(row => row.id);

test('the configuration keeps what the law or a person may ask for, and refuses less', () => {
  assert.equal(StateConfig.parse({}).retention.audit, '730d');
  for (const wrong of [{ audit: '30d' }, { events: '1d' }, { actions: '1d' }])
    assert.equal(StateConfig.safeParse({ retention: wrong }).success, false, JSON.stringify(wrong));
});

test('what is over and old goes; what is under way, young, or of an open incident stays', async () => {
  const { db } = kernel;
  const event = (id: string, days: number) =>
    db.query<{ seq: number }>(
      "insert into event (id, type, subject, at, data) values ($1, 'alert.fired', 'payments', $2, '{}') returning seq",
      [id, ago(days)],
    );
  await event('old', 200);
  await event('young', 10);
  const [waiting] = await event('waited-for', 300);
  kernel.jobs.define('on:test.waiting', async () => {});
  await kernel.jobs.schedule({
    kind: 'on:test.waiting',
    key: 'waited-for',
    data: { seq: Number(waiting!.seq) },
    at: '2027-01-01T00:00:00.000Z',
  });
  const audited = (name: string, days: number) =>
    db.query(
      "insert into audit (at, principal, kind, surface, operation, input, outcome) values ($1, $2, 'person', 'cli', 'x', '{}', 'ok')",
      [ago(days), name],
    );
  await audited('old', 800);
  await audited('a year', 400);
  for (const [id, days, state] of [
    ['went out', 400, 'sent'],
    ['still queued', 400, 'queued'],
    ['lately', 30, 'sent'],
  ] as const) {
    await db.query("insert into notification (id, at, content) values ($1, $2, '{}')", [id, ago(days)]);
    await db.query(
      "insert into delivery (id, message, person, channel, address, state, queued_at) values ($1, $1, 'p', 'c', 'a', $2, $3)",
      [id, state, ago(days)],
    );
  }
  const alert = (id: string, fingerprint: string, state: string, started: number, ended: number | null) =>
    db.query(
      "insert into alert (id, fingerprint, state, service, starts_at, ends_at, data) values ($1, $2, $3, 'payments', $4, $5, '{}')",
      [id, fingerprint, state, ago(started), ended === null ? null : ago(ended)],
    );
  await alert('a1', 'fast', 'resolved', 500, 499);
  await alert('a2', 'fast', 'resolved', 450, 449);
  await alert('a3', 'slow', 'firing', 500, null);
  const action = (id: string, status: string, days: number, undoes: string | null = null) =>
    db.query(
      "insert into action (id, key, service, status, undoes, requested_at, doc) values ($1, $1, $1, $2, $3, $4, '{}')",
      [id, status, undoes, ago(days)],
    );
  await action('x1', 'done', 800);
  await action('x2', 'running', 800);
  await action('x3', 'done', 800);
  await action('x4', 'done', 100, 'x3');

  const config = StateConfig.parse({});
  await pruneState(kernel, config, Date.parse(now), ago(790).getTime());
  assert.deepEqual(await idsOf('event'), ['old', 'waited-for', 'young'], 'an incident of that time is open');
  assert.deepEqual(await idsOf('action'), ['x2', 'x3', 'x4'], 'but not of the time before');

  const gone = await pruneState(kernel, config, Date.parse(now), undefined);
  await tidy(db);
  assert.deepEqual(gone, { events: 1, audit: 0, deliveries: 1, messages: 1, alerts: 1, actions: 0 });
  assert.deepEqual(await idsOf('event'), ['waited-for', 'young']);
  assert.deepEqual(
    (await db.query('select principal from audit')).map(row => row.principal),
    ['a year'],
  );
  assert.deepEqual(await idsOf('delivery'), ['lately', 'still queued']);
  assert.deepEqual(await idsOf('notification'), ['lately', 'still queued']);
  assert.deepEqual(await idsOf('alert'), ['a2', 'a3'], 'the newest of a rule stays');
  assert.deepEqual(await idsOf('action'), ['x2', 'x3', 'x4']);
});
