import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Span } from './trace.ts';
import { traceView } from './trace-view.ts';
import { waterfall } from './waterfall.ts';

function span(
  spanId: string,
  parentSpanId: string | undefined,
  at: [from: number, to: number],
  more: Partial<Span> = {},
): Span {
  return {
    traceId: 't',
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    service: 'svc',
    operation: `op-${spanId}`,
    kind: 'internal',
    at: '2026-01-27T03:00:00.000Z',
    offsetMs: at[0],
    durationMs: at[1] - at[0],
    status: 'unset',
    attributes: {},
    resource: {},
    events: [],
    ...more,
  };
}

const drawn = (...spans: Span[]) => waterfall(traceView(spans)!).split('\n');
const tree = (lines: readonly string[]) => lines.slice(3, lines.indexOf('', 3));

test('a checkout is drawn as a tree, with the bottleneck marked and bars that show the critical path', () => {
  const lines = drawn(
    span('a', undefined, [0, 500], { service: 'gateway', operation: 'POST /checkout', kind: 'server' }),
    span('b', 'a', [0, 100], { service: 'auth', operation: 'GET /session', kind: 'server' }),
    span('c', 'a', [100, 500], { service: 'payments', operation: 'POST /orders', kind: 'server' }),
    span('d', 'c', [150, 450], {
      service: 'payments',
      operation: 'pg.query',
      kind: 'client',
      attributes: { 'db.query.text': 'SELECT 1\n  FOR UPDATE' },
    }),
    span('e', 'c', [150, 250], { service: 'payments', operation: 'log' }),
  );
  assert.deepEqual(lines, [
    'Trace t  2026-01-27T03:00:00.000Z',
    'gateway POST /checkout: 500 ms, 5 spans',
    '',
    'gateway POST /checkout                    500 ms ░░░░░░░░░░░░░░░░░',
    '├─ auth GET /session                      100 ms ███',
    '└─ payments POST /orders                  400 ms    ██░░░░░░░░░░██',
    '   ├─ payments pg.query                   300 ms      ██████████   ◄ bottleneck',
    '   └─ payments log                        100 ms      ░░░░',
    '',
    'Most of the wait: payments pg.query, 300 ms of 500 ms.',
    '  SELECT 1 FOR UPDATE',
    '█ on the critical path  ░ the rest of the span',
  ]);
});

test('calls made again and again are one line, which is the bottleneck if they are together', () => {
  const calls = Array.from({ length: 37 }, (_, index) =>
    span(`q${index}`, 'a', [index * 10, index * 10 + 9], {
      operation: 'pg.query',
      kind: 'client',
      statement: 'SELECT * FROM items WHERE id = ?',
    }),
  );
  const lines = drawn(
    span('a', undefined, [0, 400], { operation: 'GET /cart' }),
    ...calls,
    span('z', 'q3', [31, 38], { service: 'db' }),
  );
  assert.equal(tree(lines).length, 3);
  assert.match(lines[4]!, /^└─ svc pg\.query × 37 +333 ms █+ +◄ bottleneck$/);
  assert.match(lines[5]!, /^ {3}└─ … 1 span more$/);
  const text = lines.join('\n');
  assert.match(text, /Most of the wait: svc pg\.query × 37, 326 ms of 400 ms\./);
  assert.match(text, /N\+1: svc pg\.query × 37, one after another, 333 ms, in svc GET \/cart/);
});

test('an error is marked where it began, with its reason, and its callers only as failed', () => {
  const lines = drawn(
    span('a', undefined, [0, 100], { status: 'error', statusMessage: 'upstream failed' }),
    span('b', 'a', [10, 90], { status: 'error' }),
    span('c', 'b', [20, 30], {
      status: 'error',
      events: [
        {
          at: '2026-01-27T03:00:00.000Z',
          name: 'exception',
          attributes: { 'exception.type': 'PoolError', 'exception.message': 'no connection 7' },
        },
      ],
    }),
  );
  assert.match(lines[3]!, /^✗ svc op-a .*[█░]$/);
  assert.match(lines[4]!, /^└─ ✗ svc op-b .* ◄ bottleneck$/);
  assert.match(lines[5]!, /^ {3}└─ ✗ svc op-c .* ◄ error$/);
  assert.match(lines.join('\n'), /\nError in svc op-c: PoolError: no connection 7\n/);
});

test('of a large trace what matters is drawn, and the rest is counted', () => {
  const spans = [
    span('a', undefined, [0, 10_000]),
    ...Array.from({ length: 3000 }, (_, index) =>
      span(`s${index}`, index % 3 === 0 ? 'a' : `s${index - 1}`, [index, index + 1], {
        operation: `op ${index}`,
      }),
    ),
    span('slow', 's2999', [5000, 9000]),
    span('bad', 's2', [2, 3], { status: 'error' }),
  ];
  const lines = drawn(...spans);
  const rows = tree(lines);
  assert.ok(rows.length <= 90, String(rows.length));
  assert.ok(rows.some(line => line.includes('op-bad') && line.endsWith('◄ error')));
  const counted = rows
    .map(line => Number(/… (\d+) spans? more/.exec(line)?.[1] ?? 1))
    .reduce((a, b) => a + b, 0);
  assert.equal(counted, spans.length);
});

test('a chain of ten thousand spans is drawn within bounds', () => {
  const chain = Array.from({ length: 10_000 }, (_, index) =>
    span(`s${index}`, index === 0 ? undefined : `s${index - 1}`, [index, 30_000 - index]),
  );
  const lines = drawn(...chain);
  assert.ok(lines.length < 100);
  for (const line of lines) assert.ok(line.length <= 80, line);
});

test('a property: every span is on a line or counted, within 80 columns, whatever the parents', () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          parent: fc.option(fc.constantFrom('gone', ...ids), { nil: undefined }),
          from: fc.nat(100),
          length: fc.nat(100),
          kind: fc.constantFrom<Span['kind'][]>('client', 'server', 'internal', 'consumer'),
          status: fc.constantFrom<Span['status'][]>('ok', 'error', 'unset'),
          operation: fc.constantFrom('short', 'a name of an operation that is far too long for its column'),
        }),
        { minLength: 8, maxLength: 8 },
      ),
      made => {
        const spans = made.map(({ parent, from, length, ...rest }, index) =>
          span(ids[index]!, parent, [from, from + length], rest),
        );
        const lines = drawn(...spans);
        assert.equal(lines.filter(line => line.includes('◄ bottleneck')).length, 1);
        for (const line of lines) assert.ok(line.length <= 80 || line.startsWith('Error in'), line);
        const told = tree(lines).map(line => {
          const more = /… (\d+) spans? more/.exec(line);
          return more === null ? Number(/ × (\d+) /.exec(line)?.[1] ?? 1) : Number(more[1]);
        });
        assert.equal(
          told.reduce((a, b) => a + b, 0),
          ids.length,
        );
      },
    ),
  );
});
