import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { logsOf } from '../../test/kit/made-logs.ts';
import { instant } from '../kernel/index.ts';
import { LogTemplates } from './log-templates.ts';
import type { Store } from './store.ts';
import type { Telemetry } from './telemetry.ts';
import { attributes, protobufOf, testStore, testTelemetry } from './testing.ts';

const t0 = Date.parse('2026-01-27T03:00:00.000Z');
const window = { from: instant(t0), to: instant(t0 + 60_000) };
let store: Store;
let telemetry: Telemetry;

before(async () => {
  store = await testStore();
  telemetry = await testTelemetry(store, { now: () => t0 + 60_000 });
});
after(() => store.close());

let at = t0;
function send(to: Telemetry, bodies: readonly string[], more: object = {}, service = 'payments') {
  const logRecords = bodies.map(body => ({
    timeUnixNano: String(at++ * 1_000_000),
    severityNumber: 9,
    body: { stringValue: body },
    ...more,
  }));
  return to.ingestLogs(protobufOf('logs', logsOf(service, logRecords)), 'application/x-protobuf');
}

const patterns = async (of: Telemetry) =>
  (await of.logs.patterns(window)).map(({ pattern, count }) => [pattern, count]);
const numbers = async () =>
  (
    await store.query<{ n: number; z: number }>(
      'SELECT uniqExact(NinesTemplate) AS n, countIf(NinesTemplate = 0) AS z FROM otel_logs',
    )
  )[0];

test('records get the number of their template as they arrive; patterns join what became one since', async () => {
  await send(telemetry, ['signed in user anna from home', 'signed in user ben from home']);
  assert.equal((await patterns(telemetry)).length, 2);
  await send(telemetry, ['signed in user carl from home', 'signed in user dora from home', 'order 7 placed']);
  assert.deepEqual(
    await patterns(telemetry),
    [
      ['signed in user <*> from home', 4],
      ['order 7 placed', 1],
    ].map(([text, count]) => [text === 'order 7 placed' ? 'order <num> placed' : text, count]),
  );
  assert.deepEqual(await numbers(), { n: 4, z: 0 });
});

test("an error's own message belongs to its template, wherever it stands among the attributes", async () => {
  for (const ms of [2500, 2600])
    await send(telemetry, ['checkout failed'], {
      severityNumber: 17,
      attributes: attributes({ a: 'ä', 'exception.message': `timeout after ${ms} ms`, z: 1 }),
    });
  const [failed] = await telemetry.logs.patterns(window, { minSeverity: 'error' });
  assert.equal(failed?.pattern, 'checkout failed: timeout after <num> ms');
  assert.equal(failed?.count, 2);
  assert.match(failed?.example ?? '', /^checkout failed: timeout after 2[56]00 ms$/);
});

test('a server that starts knows the templates again', async () => {
  const next = await testTelemetry(store, { now: () => t0 + 120_000 });
  const before = await numbers();
  await send(next, ['signed in user zoe from home']);
  assert.deepEqual(await numbers(), before);
  assert.deepEqual((await patterns(next))[0], ['signed in user <*> from home', 5]);
});

test('what was stored without a template is mined when somebody asks, under the same texts', async () => {
  await store.exec(
    'ALTER TABLE otel_logs UPDATE NinesTemplate = 0 WHERE Body LIKE {who:String} SETTINGS mutations_sync = 2',
    {
      who: '%anna%',
    },
  );
  assert.equal((await numbers())?.z, 1);
  assert.deepEqual((await patterns(telemetry))[0], ['signed in user <*> from home', 5]);
});

test('lines beyond the bound of a second have no template; the next second has time again', () => {
  let now = t0;
  const templates = new LogTemplates({ now: () => now, perSecond: 10, burst: 20 });
  const found = () => Array.from({ length: 50 }, (_, i) => templates.templateOf('a', () => `line ${i} said`));
  assert.equal(found().filter(id => id !== 0).length, 20);
  assert.equal(found().filter(id => id !== 0).length, 0);
  now += 1000;
  const later = found().filter(id => id !== 0);
  assert.equal(later.length, 10);
  assert.equal(new Set(later).size, 1);
});

test('a template is written when it is new, when its text changes, and once a day while it is in use', () => {
  let now = t0;
  const templates = new LogTemplates({ now: () => now });
  const say = (text: string) => templates.templateOf('a', () => text);
  const written = () => templates.takeUnwritten().map(({ tokens }) => tokens.join(' '));
  say('order 1 placed');
  assert.deepEqual(written().sort(), ['<*>', 'order <num> placed']);
  say('order 2 placed');
  assert.deepEqual(written(), []);
  now += 86_400_000;
  say('order 3 placed');
  const again = templates.takeUnwritten();
  assert.deepEqual(
    again.map(({ tokens }) => tokens.join(' ')),
    ['order <num> placed'],
  );
  templates.putBack(again);
  assert.deepEqual(templates.takeUnwritten(), again, 'what could not be written is due again');
});

test('services are bounded: who was silent longest is forgotten, and its unwritten templates are not lost', () => {
  const templates = new LogTemplates({ now: () => t0, maxServices: 2 });
  const first = templates.templateOf('a', () => 'disk full');
  templates.templateOf('b', () => 'disk full');
  templates.templateOf('c', () => 'disk full');
  assert.ok(templates.takeUnwritten().some(({ service, id }) => service === 'a' && id === first));
  assert.equal(
    templates.templateOf('a', () => 'disk full'),
    first,
    'the same line has the same number',
  );
});

test('a table that was made earlier, or by the collector, gets the column; what it holds has patterns too', async () => {
  await store.exec('ALTER TABLE otel_logs DROP COLUMN NinesTemplate');
  const later = await testTelemetry(store, { now: () => t0 + 180_000 });
  assert.equal((await numbers())?.n, 1);
  assert.deepEqual((await patterns(later))[0], ['signed in user <*> from home', 5]);
  await send(later, ['signed in user eve from home']);
  assert.deepEqual((await patterns(later))[0], ['signed in user <*> from home', 6]);
});
