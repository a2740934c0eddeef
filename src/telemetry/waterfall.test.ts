import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Span } from './trace.ts';
import { bottleneck, steps, waterfall } from './waterfall.ts';

function span(spanId: string, parentSpanId: string | undefined, offsetMs: number, durationMs: number): Span {
  return {
    traceId: 't',
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    service: 'svc',
    operation: `op-${spanId}`,
    kind: 'internal',
    at: '2026-01-27T03:00:00.000Z',
    offsetMs,
    durationMs,
    status: 'unset',
    attributes: {},
    resource: {},
    events: [],
  };
}

test('self time leaves out the union of children, also where they overlap or go beyond', () => {
  const all = steps([
    span('a', undefined, 0, 100),
    span('b', 'a', 10, 40),
    span('c', 'a', 30, 40),
    span('d', 'a', 90, 50),
  ]);
  assert.deepEqual(
    all.map(({ span, selfMs }) => [span.spanId, selfMs]),
    [
      ['a', 30],
      ['b', 40],
      ['c', 40],
      ['d', 50],
    ],
  );
  assert.equal(bottleneck(all)?.span.spanId, 'd');
});

test('branches show who called whom', () => {
  const all = steps([
    span('a', undefined, 0, 9),
    span('b', 'a', 1, 3),
    span('c', 'b', 1, 1),
    span('d', 'a', 5, 2),
  ]);
  assert.deepEqual(
    all.map(({ branch, span }) => `${branch}${span.spanId}`),
    ['a', '├─ b', '│  └─ c', '└─ d'],
  );
});

test('a span whose parent is not there is a root', () => {
  const all = steps([span('b', 'gone', 0, 5)]);
  assert.deepEqual(
    all.map(({ depth }) => depth),
    [0],
  );
});

test('a property: every span is shown once, also when parents go round in a circle', () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.constantFrom(...ids), { nil: undefined }), { minLength: 5, maxLength: 5 }),
      parents => {
        const spans = ids.map((id, index) => span(id, parents[index], index, 10));
        assert.deepEqual(
          steps(spans)
            .map(step => step.span.spanId)
            .sort(),
          ids,
        );
        assert.ok(waterfall(spans).includes('◄ bottleneck'));
      },
    ),
  );
});
