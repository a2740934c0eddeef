import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DownsamplingConfig, downsamplingOf, duePartitions, partitionHours } from './downsampling.ts';
import type { Store } from './store.ts';
import { diskContract, downsamplingContract, retentionContract } from './store-age-contract.ts';
import { testStore } from './testing.ts';

let store: Store;
before(async () => {
  store = await testStore();
});
after(() => store.close());

downsamplingContract('chDB', () => store);
retentionContract('chDB', () => store);
diskContract('chDB', () => store);

test('a partition is due when all of it is past the bound and an hour more', () => {
  const hours = 2;
  const at = (hour: number) => String((Date.UTC(2026, 0, 1) + hour * 3_600_000) / 1000);
  const now = Date.UTC(2026, 0, 10);
  const due = duePartitions(
    [at(4), at(0), at(2), at(6), 'all', at(-24)],
    new Set([at(-24)]),
    hours,
    { afterMs: now - Date.UTC(2026, 0, 1, 7), everyMs: 1 },
    now,
  );
  assert.deepEqual(due, [at(0), at(2), at(4)]);
  assert.equal(partitionHours("toStartOfInterval(ts, toIntervalHour(24), 'UTC')"), 24);
  assert.equal(partitionHours('toDate(ts)'), undefined);
});

test('intervals that make no sense are refused with their field', () => {
  for (const wrong of [{ every: '1s' }, { every: '2h' }, { after: '1h' }])
    assert.throws(() => downsamplingOf(DownsamplingConfig.parse(wrong)), { code: 'invalid' });
  assert.deepEqual(downsamplingOf(DownsamplingConfig.parse({})), {
    afterMs: 35 * 86_400_000,
    everyMs: 120_000,
  });
});
