import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Fault, instant } from '../kernel/index.ts';
import { type LogArrival, logArrivals } from './log-arrival.ts';
import { LogTails, type TailItem, tailBounds } from './log-tail.ts';
import type { ExportLogs } from './otlp/message.ts';
import type { Store } from './store.ts';
import type { Telemetry } from './telemetry.ts';
import { attributes, protobufOf, testStore, testTelemetry } from './testing.ts';

const t0 = Date.parse('2026-01-27T03:00:00.000Z');
let store: Store;
let telemetry: Telemetry;

before(async () => {
  store = await testStore();
  telemetry = await testTelemetry(store, { now: () => t0 });
});
after(() => store.close());

const bodies = (items: readonly TailItem[]) => items.map(item => ('log' in item ? item.log.body : item.left));

async function take(items: AsyncGenerator<TailItem>, count: number): Promise<TailItem[]> {
  const taken: TailItem[] = [];
  while (taken.length < count) {
    const next = await items.next();
    if (next.done) break;
    taken.push(next.value);
  }
  return taken;
}

function send(records: readonly object[], service = 'payments') {
  return telemetry.ingestLogs(
    protobufOf('logs', {
      resourceLogs: [
        {
          resource: { attributes: attributes({ 'service.name': service, 'host.name': 'web-1' }) },
          scopeLogs: [{ scope: { name: 'shop' }, logRecords: records }],
        },
      ],
    }),
    'application/x-protobuf',
  );
}

test('who follows gets what is stored from then on, as far as it agrees, and it leads to its context', async () => {
  await send([{ timeUnixNano: String(t0 * 1e6), severityNumber: 17, body: { stringValue: 'too early' } }]);
  const stop = new AbortController();
  const all = telemetry.tailLogs({}, stop.signal);
  const errors = telemetry.tailLogs({ query: 'http.status_code>=500', level: 'error' }, stop.signal);
  const other = telemetry.tailLogs({ service: 'gateway' }, stop.signal);
  await send([
    { timeUnixNano: String((t0 + 5) * 1e6), severityNumber: 9, body: { stringValue: 'fine' } },
    {
      timeUnixNano: String((t0 + 6) * 1e6),
      severityText: 'ERROR',
      body: { stringValue: 'broken' },
      traceId: 'ab'.repeat(16),
      attributes: attributes({ 'http.status_code': 503 }),
    },
    { timeUnixNano: String((t0 + 3_600_000_000) * 1e6), body: { stringValue: 'of the future: not taken' } },
  ]);
  assert.deepEqual(bodies(await take(all, 2)), ['fine', 'broken']);
  const [found] = await take(errors, 1);
  assert.ok(found !== undefined && 'log' in found);
  const { id, ...rest } = found.log;
  assert.deepEqual(rest, {
    at: instant(t0 + 6),
    service: 'payments',
    instance: 'web-1',
    level: 'error',
    body: 'broken',
    attributes: { 'http.status_code': '503' },
    traceId: 'ab'.repeat(16),
  });
  const context = await telemetry.logs.context(id);
  assert.equal(context.line.body, 'broken');
  assert.deepEqual(
    context.before.map(({ body }) => body),
    ['too early', 'fine'],
  );
  stop.abort();
  for (const items of [all, errors, other])
    assert.equal((await items.next()).done, true, 'it ends with its signal');
});

test('a query that cannot be read, and what is no question, is refused before anything is followed', () => {
  const { signal } = new AbortController();
  assert.throws(() => telemetry.tailLogs({ query: '(' }, signal), { code: 'invalid' });
  assert.throws(() => telemetry.tailLogs({ level: 'loud' }, signal), { code: 'invalid' });
  assert.throws(() => telemetry.tailLogs({ limit: '3' }, signal), { code: 'invalid' });
});

const bounds = { fromMs: 1, toMs: t0 + 1000 };
function request(count: number, text = (i: number) => `line ${i}`): LogArrival[] {
  const logRecords = Array.from({ length: count }, (_, i) => ({
    timeUnixNano: BigInt(t0) * 1_000_000n,
    observedTimeUnixNano: 0n,
    severityNumber: 9,
    severityText: '',
    body: { stringValue: text(i) },
    attributes: [],
    traceId: '',
    spanId: '',
    flags: 0,
    eventName: '',
  }));
  const sent = { resourceLogs: [{ scopeLogs: [{ logRecords }] }] } as unknown as ExportLogs;
  return [...logArrivals(sent, bounds, t0)];
}

test('what is too much for a follower is left out and told, in its place', async () => {
  const tails = new LogTails();
  const stop = new AbortController();
  const items = tails.follow(() => true, stop.signal);
  tails.publish(request(tailBounds.perSecond + 120), t0);
  tails.publish(
    request(1, () => 'later'),
    t0 + 1000,
  );
  const taken = await take(items, tailBounds.perSecond + 2);
  assert.deepEqual(bodies(taken.slice(-3)), [`line ${tailBounds.perSecond - 1}`, 120, 'later']);
});

test('a reader that does not read holds no more than the bound, and hears what it missed', async () => {
  const tails = new LogTails();
  const items = tails.follow(() => true, new AbortController().signal);
  for (let second = 0; second < 10; second++) tails.publish(request(400), t0 + second * 1000);
  const taken = await take(items, tailBounds.waiting + 1);
  assert.deepEqual(taken.at(-1), { left: 4000 - tailBounds.waiting });
});

test('the number of followers is bounded, and who ends makes room', async () => {
  const tails = new LogTails();
  const stops = Array.from({ length: tailBounds.followers }, () => new AbortController());
  for (const { signal } of stops) tails.follow(() => true, signal);
  const late = () => tails.follow(() => true, new AbortController().signal);
  assert.throws(late, (error: unknown) => error instanceof Fault && error.code === 'overloaded');
  stops[0]!.abort();
  await late().return(undefined);
  assert.equal(tails.followed, true);
});

test('more than can be looked at in a second is told to each follower as left out', async () => {
  const tails = new LogTails();
  const items = tails.follow(record => record.body === 'wanted', new AbortController().signal);
  tails.publish(request(tailBounds.lookedAt + 7), t0);
  assert.deepEqual(await take(items, 1), [{ left: 7 }]);
});

test('long bodies and values are cut for a follower', async () => {
  const tails = new LogTails();
  const items = tails.follow(() => true, new AbortController().signal);
  tails.publish(
    request(1, () => 'x'.repeat(100_000)),
    t0,
  );
  const [item] = await take(items, 1);
  assert.ok(item !== undefined && 'log' in item && item.log.body.length === tailBounds.bodyCharacters);
});

test('looks are counted for each follower, and a long record for several: many that follow do not stop the server', () => {
  const tails = new LogTails();
  let looks = 0;
  const look = () => {
    looks += 1;
    return false;
  };
  for (let n = 0; n < 100; n++) tails.follow(look, new AbortController().signal);
  tails.publish(request(2_000), t0);
  assert.equal(looks, tailBounds.lookedAt);
  const long = tailBounds.charactersPerLook * 999;
  looks = 0;
  tails.publish(
    request(2, () => 'x'.repeat(long)),
    t0 + 1000,
  );
  assert.equal(looks, tailBounds.lookedAt / 1000);
});

test('large records fill what a reader that does not read may hold sooner', async () => {
  const tails = new LogTails();
  const items = tails.follow(() => true, new AbortController().signal);
  tails.publish(
    request(400, () => 'x'.repeat(tailBounds.bodyCharacters)),
    t0,
  );
  const fit = tailBounds.waitingCharacters / tailBounds.bodyCharacters;
  const taken = await take(items, fit + 1);
  assert.deepEqual(taken.at(-1), { left: 400 - fit });
});
