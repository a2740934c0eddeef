import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TurnOrder } from './turn-order.ts';

const limits = { everyMs: 5_000, turnMs: 15_000 };
const items = ['a1', 'a2', 'b1', 'b2', 'b3'];
const lanes = (order: TurnOrder) =>
  order.lanes(
    items,
    item => item,
    item => item[0]!,
  );

test('each source has a lane of its own', () => {
  assert.deepEqual(lanes(new TurnOrder(limits)), [
    { items: ['a1', 'a2'], patienceMs: 15_000 },
    { items: ['b1', 'b2', 'b3'], patienceMs: 15_000 },
  ]);
});

test('who gave no answer is asked beside the others, for a shorter while', () => {
  const order = new TurnOrder(limits);
  lanes(order);
  for (const item of ['a1', 'a2', 'b1', 'b3']) order.answered(item);
  order.failed('b2');
  assert.deepEqual(lanes(order), [
    { items: ['a1', 'a2'], patienceMs: 15_000 },
    { items: ['b1', 'b3'], patienceMs: 15_000 },
    { items: ['b2'], patienceMs: 5_000 },
  ]);
  order.answered('b2');
  assert.equal(lanes(order).length, 2);
});

test('a source that answers slowly gets its whole time now and then', () => {
  const order = new TurnOrder(limits);
  const patience = Array.from({ length: 25 }, () => {
    const slow = lanes(order).find(lane => lane.items.includes('b2'))!;
    order.failed('b2');
    return slow.patienceMs;
  });
  assert.deepEqual(
    patience.flatMap((ms, turn) => (ms === 15_000 ? [turn] : [])),
    [0, 11, 23],
  );
});

test('who was not asked in a turn comes first in the next one, and all have their turn', () => {
  const order = new TurnOrder(limits);
  const asked: string[] = [];
  for (let turn = 0; turn < 3; turn++)
    for (const item of lanes(order)[1]!.items.slice(0, 1)) {
      asked.push(item);
      order.answered(item);
    }
  assert.deepEqual(asked, ['b1', 'b2', 'b3']);
});
