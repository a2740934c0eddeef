import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instant } from '../kernel/index.ts';
import { type BudgetCause, shared } from './cause.ts';
import { without } from './interval.ts';

const interval = fc
  .tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 300 }))
  .map(([from, length]) => ({ from: from * 1000, to: (from + length) * 1000 }));
const lengthOf = (all: readonly { from: number; to: number }[]) =>
  all.reduce((sum, one) => sum + one.to - one.from, 0);

test('an interval without others keeps exactly the seconds that no other has', () => {
  fc.assert(
    fc.property(interval, fc.array(interval, { maxLength: 6 }), (one, others) => {
      let expected = 0;
      for (let at = one.from; at < one.to; at += 1000)
        if (!others.some(other => at >= other.from && at < other.to)) expected += 1000;
      assert.equal(lengthOf(without(one, others)), expected);
    }),
  );
});

test('no instant is charged twice, and every instant of a cause is charged to somebody', () => {
  const cause = fc
    .record({
      kind: fc.constantFrom('maintenance', 'deploy', 'incident' as const),
      at: interval,
      causedBy: fc.option(fc.constantFrom('c0', 'c1', 'c2'), { nil: undefined }),
    })
    .map(({ kind, at, causedBy }) => ({ kind, causedBy, from: instant(at.from), to: instant(at.to) }));
  fc.assert(
    fc.property(
      fc.array(cause, { maxLength: 8 }),
      fc.array(interval, { maxLength: 3 }),
      (drawn, excluded) => {
        const causes = drawn.map(
          (one, index): BudgetCause => ({
            ...one,
            kind: one.kind as BudgetCause['kind'],
            id: `c${index}`,
            title: `c${index}`,
            service: 'payments',
          }),
        );
        const window = { from: 100_000, to: 900_000 };
        const pieces = shared(causes, window, excluded).flatMap(one => one.pieces);
        for (let at = window.from; at < window.to; at += 1000) {
          const holders = pieces.filter(piece => at >= piece.from && at < piece.to).length;
          const touched =
            causes.some(one => at >= Date.parse(one.from) && at < Date.parse(one.to)) &&
            !excluded.some(one => at >= one.from && at < one.to);
          assert.equal(holders, touched ? 1 : 0);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('what an incident burned is charged to the deploy that caused it, and otherwise to the incident', () => {
  const deploy = { kind: 'deploy', id: 'chg_1', title: 'payments v1.2.3', service: 'payments' } as const;
  const incident = { kind: 'incident', id: 'INC-7', title: 'INC-7', service: 'gateway' } as const;
  const time = { from: instant(0), to: instant(100_000) };
  const charged = (causedBy: string | undefined) =>
    shared(
      [
        { ...deploy, ...time },
        { ...incident, ...time, causedBy },
      ],
      { from: 0, to: 200_000 },
      [],
    ).flatMap(one => (one.pieces.length > 0 ? [one.cause.id] : []));
  assert.deepEqual(charged('chg_1'), ['chg_1']);
  assert.deepEqual(charged(undefined), ['INC-7']);
});
