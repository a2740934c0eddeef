import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { criticalPath, selfTimes } from './critical-path.ts';
import { mainRoot, type TreeSpan, traceTree } from './trace-tree.ts';

type Made = Partial<TreeSpan> & { at?: [from: number, to: number] };

function span(
  spanId: string,
  parentSpanId: string | undefined,
  at: [number, number],
  more: Made = {},
): TreeSpan {
  return {
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    service: 'svc',
    operation: `op-${spanId}`,
    kind: 'internal',
    offsetMs: at[0],
    durationMs: at[1] - at[0],
    status: 'unset',
    ...more,
  };
}

function pathOf(...spans: TreeSpan[]) {
  const tree = traceTree(spans);
  const path = criticalPath(tree, mainRoot(tree)!);
  return {
    ...path,
    text: path.segments.map(({ span, from, to }) => `${span.spanId} ${from}-${to}`).join(', '),
  };
}

test('children one after another are all on the path, with the gaps between them as own time', () => {
  const { text } = pathOf(span('a', undefined, [0, 100]), span('b', 'a', [10, 40]), span('c', 'a', [50, 90]));
  assert.equal(text, 'a 0-10, b 10-40, a 40-50, c 50-90, a 90-100');
});

test('of children at once only the last to finish is on the path', () => {
  const { text } = pathOf(
    span('a', undefined, [0, 100]),
    span('b', 'a', [10, 60]),
    span('c', 'a', [10, 90]),
    span('d', 'b', [20, 60]),
  );
  assert.equal(text, 'a 0-10, c 10-90, a 90-100');
});

test('a child that overlaps the next one by more than clocks explain did not let it begin', () => {
  const { text } = pathOf(span('a', undefined, [0, 100]), span('b', 'a', [0, 70]), span('c', 'a', [50, 100]));
  assert.equal(text, 'a 0-50, c 50-100');
});

test('a child that seems to overlap the next one by a clock tick is still before it', () => {
  const { text } = pathOf(
    span('a', undefined, [0, 100]),
    span('b', 'a', [0, 50.4]),
    span('c', 'a', [50, 100]),
  );
  assert.equal(text, 'b 0-50, c 50-100');
});

test('a child that goes on after its parent in the same service is asynchronous and not on the path', () => {
  const { text, asynchronous } = pathOf(span('a', undefined, [0, 100]), span('b', 'a', [10, 150]));
  assert.equal(text, 'a 0-100');
  assert.equal(asynchronous, 1);
});

test('a consumer that goes on after its producer is asynchronous', () => {
  const { text, asynchronous } = pathOf(
    span('a', undefined, [0, 10], { kind: 'producer' }),
    span('b', 'a', [5, 900], { kind: 'consumer', service: 'mail' }),
  );
  assert.equal(text, 'a 0-10');
  assert.equal(asynchronous, 1);
});

test('a call that gave up waited for what its server was doing then, down to the database', () => {
  const { text } = pathOf(
    span('call', undefined, [0, 1000], { kind: 'client' }),
    span('serve', 'call', [10, 3000], { kind: 'server', service: 'payments' }),
    span('query', 'serve', [100, 2900], { kind: 'client', service: 'payments' }),
  );
  assert.equal(text, 'call 0-10, serve 10-100, query 100-1000');
});

test('an answer from a host whose clock is off is moved into the call, with all below it', () => {
  const { text, shifted } = pathOf(
    span('call', undefined, [0, 100], { kind: 'client' }),
    span('serve', 'call', [5000, 5080], { kind: 'server', service: 'payments' }),
    span('query', 'serve', [5020, 5060], { kind: 'client', service: 'payments' }),
  );
  assert.equal(text, 'call 0-10, serve 10-30, query 30-70, serve 70-90, call 90-100');
  assert.equal(shifted, 1);
});

test('a server that seems to begin before its caller is moved into the call', () => {
  const { text } = pathOf(
    span('call', undefined, [100, 200], { kind: 'client' }),
    span('serve', 'call', [40, 120], { kind: 'server', service: 'payments' }),
  );
  assert.equal(text, 'call 100-110, serve 110-190, call 190-200');
});

test('work of another service that begins after its parent ended, without a call that waits, is asynchronous', () => {
  const { text, asynchronous, shifted } = pathOf(
    span('a', undefined, [0, 100]),
    span('b', 'a', [200, 300], { kind: 'server', service: 'mail' }),
  );
  assert.equal(text, 'a 0-100');
  assert.deepEqual([asynchronous, shifted], [1, 0]);
});

test('a span without duration has an empty path', () => {
  assert.equal(pathOf(span('a', undefined, [5, 5])).text, '');
});

test('a chain of ten thousand spans is walked', () => {
  const chain = Array.from({ length: 10_000 }, (_, index) =>
    span(String(index), index === 0 ? undefined : String(index - 1), [index, 20_000 - index]),
  );
  const { segments } = pathOf(...chain);
  assert.equal(segments.length, 2 * 10_000 - 1);
});

const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const anySpans = fc
  .array(
    fc.record({
      spanId: fc.constantFrom(...ids),
      parentSpanId: fc.constantFrom(undefined, '', 'gone', ...ids),
      service: fc.constantFrom('gateway', 'payments'),
      operation: fc.constantFrom('x', 'y'),
      kind: fc.constantFrom('server', 'client', 'internal', 'producer', 'consumer'),
      offsetMs: fc.oneof(fc.integer({ min: -50, max: 50 }), fc.double({ min: -50, max: 50, noNaN: true })),
      durationMs: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.double({ min: 0, max: 100, noNaN: true })),
      status: fc.constantFrom('ok', 'error', 'unset'),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map(spans => spans as TreeSpan[]);

test('a property: segments lie end to end from the beginning of the root to its end, whatever the spans', () => {
  fc.assert(
    fc.property(anySpans, spans => {
      const tree = traceTree(spans);
      for (const root of tree.roots) {
        const { segments } = criticalPath(tree, root);
        let at = root.offsetMs;
        for (const { from, to } of segments) {
          assert.equal(from, at);
          assert.ok(to > from);
          at = to;
        }
        assert.equal(at, root.offsetMs + root.durationMs);
        const times = [...selfTimes(segments).values()];
        assert.ok(times.every(time => time > 0));
        assert.ok(Math.abs(times.reduce((sum, time) => sum + time, 0) - root.durationMs) < 1e-6);
      }
    }),
    { numRuns: 1000 },
  );
});

test('a property: the order in which spans come changes nothing', () => {
  fc.assert(
    fc.property(
      anySpans.chain(spans =>
        fc.tuple(fc.constant(spans), fc.shuffledSubarray(spans, { minLength: spans.length })),
      ),
      ([spans, shuffled]) => {
        const of = (all: readonly TreeSpan[]) => {
          const tree = traceTree(all);
          return {
            gaps: tree.gaps,
            root: mainRoot(tree),
            paths: tree.roots.map(root => criticalPath(tree, root)),
          };
        };
        assert.deepEqual(of(shuffled), of(spans));
      },
    ),
  );
});

test('a property: each span id stands in the tree once, and each is reached from one root', () => {
  fc.assert(
    fc.property(anySpans, spans => {
      const { roots, children, gaps } = traceTree(spans);
      const reached: string[] = [];
      const open = [...roots];
      for (let one = open.pop(); one !== undefined; one = open.pop()) {
        reached.push(one.spanId);
        open.push(...(children.get(one.spanId) ?? []));
      }
      assert.deepEqual(reached.sort(), [...new Set(spans.map(({ spanId }) => spanId))].sort());
      assert.equal(gaps.duplicates, spans.length - reached.length);
    }),
  );
});

test('missing parents, circles and ids that come twice are counted', () => {
  const { gaps, roots } = traceTree([
    span('a', 'gone', [0, 10]),
    span('b', 'c', [1, 9]),
    span('c', 'b', [2, 8]),
    span('d', 'd', [3, 7]),
    span('d', 'd', [4, 7]),
  ]);
  assert.deepEqual(gaps, { duplicates: 1, missingParents: 1, cycles: 2 });
  assert.deepEqual(
    roots.map(({ spanId }) => spanId),
    ['a', 'b', 'd'],
  );
});
