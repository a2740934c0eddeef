import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { instant } from '../kernel/index.ts';
import { parseLogQuery } from './log-query/parser.ts';
import { contextText, histogramText, logsText, patternsText, shown } from './log-text.ts';
import type { Store } from './store.ts';
import type { Telemetry } from './telemetry.ts';
import { attributes, protobufOf, testStore, testTelemetry } from './testing.ts';

const t0 = Date.parse('2026-01-27T03:00:00.000Z');
const window = { from: instant(t0), to: instant(t0 + 60_000) };
const traceId = 'a'.repeat(32);
let store: Store;
let telemetry: Telemetry;

before(async () => {
  store = await testStore();
  telemetry = await testTelemetry(store, { now: () => t0 + 60_000 });
  const record = (at: number, severityNumber: number, body: string, more: object = {}) => ({
    timeUnixNano: String((t0 + at) * 1_000_000),
    severityNumber,
    body: { stringValue: body },
    attributes: [] as unknown[],
    ...more,
  });
  const records = [
    ...Array.from({ length: 20 }, (_, i) => record(i * 100, 9, `order ${i} placed in ${i * 3} ms`)),
    ...Array.from({ length: 5 }, (_, i) =>
      record(5000 + i, 17, 'checkout failed', {
        traceId,
        spanId: 'b'.repeat(16),
        attributes: attributes({ 'exception.message': `timeout after ${2500 + i} ms`, 'customer.id': i }),
      }),
    ),
    record(7000, 0, 'Grüße — no severity'),
  ];
  const request = {
    resourceLogs: [
      {
        resource: { attributes: attributes({ 'service.name': 'payments', 'service.instance.id': 'pay-2' }) },
        scopeLogs: [{ logRecords: [record(5002, 5, 'tick'), record(5002, 5, 'tock')] }],
      },
      {
        resource: { attributes: attributes({ 'service.name': 'payments', 'service.instance.id': 'pay-1' }) },
        scopeLogs: [{ scope: { name: 'shop' }, logRecords: records }],
      },
    ],
  };
  const answer = await telemetry.ingestLogs(protobufOf('logs', request), 'application/x-protobuf');
  assert.equal(answer.accepted, 28);
});
after(() => store.close());

test('search finds by level, text (attributes too, in any case), service and trace', async () => {
  const logs = telemetry.logs;
  assert.equal((await logs.search(window, { level: 'error' })).length, 5);
  assert.equal((await logs.search(window, { text: 'ORDER 1' })).length, 11);
  assert.equal((await logs.search(window, { text: 'timeout after 2503' })).length, 1);
  assert.equal((await logs.search(window, { text: 'GRÜ' })).length, 1);
  assert.equal((await logs.search(window, { service: 'gateway' })).length, 0);
  const [newest] = await logs.search(window, { traceId: traceId.toUpperCase(), limit: 1 });
  assert.ok(newest !== undefined);
  const { id, ...rest } = newest;
  assert.match(id, /^1769482805004000000-[0-9A-F]{16}-payments$/);
  assert.deepEqual(rest, {
    at: instant(t0 + 5004),
    service: 'payments',
    instance: 'pay-1',
    level: 'error',
    body: 'checkout failed',
    attributes: { 'exception.message': 'timeout after 2504 ms', 'customer.id': '4' },
    traceId,
    spanId: 'b'.repeat(16),
  });
});

test('patterns count lines that differ in values only as one, by level, with an example and its trace', async () => {
  const patterns = await telemetry.logs.patterns(window);
  assert.deepEqual(
    patterns.map(({ pattern, level, count }) => [pattern, level, count]),
    [
      ['order <num> placed in <num> ms', 'info', 20],
      ['checkout failed: timeout after <num> ms', 'error', 5],
      ['tick', 'debug', 1],
      ['tock', 'debug', 1],
      ['Grüße — no severity', '', 1],
    ],
  );
  assert.equal(patterns[1]?.exampleTraceId, traceId);
  assert.equal(patterns[1]?.firstSeen, instant(t0 + 5000));
  assert.deepEqual(
    (await telemetry.logs.patterns(window, { minSeverity: 'warn' })).map(({ count }) => count),
    [5],
  );
});

test('search takes a query of the language', async () => {
  const found = async (query: string) =>
    (await telemetry.logs.search(window, { query: parseLogQuery(query) })).map(({ body }) => body);
  assert.deepEqual(await found('level:error customer.id>=3'), ['checkout failed', 'checkout failed']);
  assert.deepEqual(await found('order "19 placed" service:payments'), ['order 19 placed in 57 ms']);
  assert.equal((await found('-level:info')).length, 8);
  assert.equal((await found('resource.service.instance.id:pay-2')).length, 2);
});

test('the histogram counts every record once, by level, in buckets of a round width without gaps', async () => {
  const histogram = await telemetry.logs.histogram(window, { buckets: 30 });
  assert.equal(histogram.stepMs, 2000);
  assert.equal(histogram.buckets.length, 30);
  assert.deepEqual(histogram.buckets.slice(0, 5), [
    { at: instant(t0), count: 20, byLevel: { info: 20 } },
    { at: instant(t0 + 2000), count: 0, byLevel: {} },
    { at: instant(t0 + 4000), count: 7, byLevel: { debug: 2, error: 5 } },
    { at: instant(t0 + 6000), count: 1, byLevel: { unknown: 1 } },
    { at: instant(t0 + 8000), count: 0, byLevel: {} },
  ]);
  const errors = await telemetry.logs.histogram(window, { query: parseLogQuery('level:error') });
  assert.equal(
    errors.buckets.reduce((sum, { count }) => sum + count, 0),
    5,
  );
  assert.match(histogramText(histogram), /^28 records, every 2s\n.*AT +RECORDS/);
});

test('the context of a line is of its service and instance, in order, and the line is between', async () => {
  const [failed] = await telemetry.logs.search(window, { text: 'timeout after 2502' });
  const context = await telemetry.logs.context(failed!.id, { before: 3, after: 10 });
  assert.deepEqual(context.line, failed);
  assert.deepEqual(
    context.before.map(({ body, at }) => [body, at]),
    [
      ['order 19 placed in 57 ms', instant(t0 + 1900)],
      ['checkout failed', instant(t0 + 5000)],
      ['checkout failed', instant(t0 + 5001)],
    ],
  );
  assert.deepEqual(
    context.after.map(({ body }) => body),
    ['checkout failed', 'checkout failed', 'Grüße — no severity'],
  );
  assert.equal((await telemetry.logs.context(failed!.id, { before: 0, after: 0 })).before.length, 0);
  const [one, other] = await telemetry.logs.search(window, {
    level: 'debug',
    query: parseLogQuery('tick OR tock'),
  });
  const around = await telemetry.logs.context(one!.id);
  assert.deepEqual([...around.before, ...around.after], [other], 'lines of one nanosecond are told apart');
  assert.match(contextText(context), /^> 03:00:05 error payments: checkout failed$/m);
});

test('a context that cannot be had is one clear error', async () => {
  await assert.rejects(telemetry.logs.context('nonsense'), { code: 'invalid' });
  await assert.rejects(telemetry.logs.context(`${'9'.repeat(19)}-A-x`), { code: 'invalid' });
  await assert.rejects(telemetry.logs.context('1769482805004000000-AB-payments'), { code: 'not_found' });
});

test('what is shown of logs fits 80 columns, names the trace, and cannot steer a terminal', () => {
  const line = {
    id: 'x',
    at: instant(t0),
    service: 'payments',
    level: 'error',
    body: `\u001b[31mred\u001b[0m \u001b]0;title\u0007${'word '.repeat(200)}\r\n\u202eevil\u009b2J`,
    attributes: { 'http.route\u001b[2J': 'x'.repeat(500), b: '\u0000' },
    traceId,
  };
  const texts = [
    logsText([line, line]),
    contextText({ before: [line], line, after: [line] }),
    patternsText([
      {
        pattern: line.body,
        service: 'a',
        level: 'info',
        count: 1,
        firstSeen: line.at,
        lastSeen: line.at,
        example: '',
      },
    ]),
  ];
  for (const text of texts) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    for (const row of text.split('\n')) assert.ok(row.length <= 80, row);
  }
  assert.match(texts[0]!, new RegExp(`trace: nines traces show ${traceId}`));
  assert.equal(texts[0]!.match(/nines traces show/g)?.length, 1, 'one trace is told once');
  assert.equal(shown('a\u001b[1;31mb\tc'), 'ab c');
});
