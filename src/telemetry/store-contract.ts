import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Block } from './block/block.ts';
import { Names, Words } from './block/column.ts';
import { sampleColumns, samplesOf } from './sample-columns.ts';
import type { Store } from './store.ts';

/** What every adapter of Store does, whichever engine is behind it. */
export function storeContract(name: string, store: () => Store): void {
  const utf8 = (text: string) => new TextEncoder().encode(text);

  test(`${name}: rows that were inserted are found again, whatever their text holds`, async () => {
    await store().exec(
      'CREATE TABLE contract (id UInt64, at DateTime64(9), text String, map Map(LowCardinality(String), String), list Array(Float64)) ENGINE = MergeTree ORDER BY id',
    );
    const text = 'quote \' double " back \\ tab \t line \n zero \u0000 emoji 🦊';
    const rows = [
      `[9007199254740991,1544712660300000001,${JSON.stringify(text)},${JSON.stringify({ [text]: text })},[0.1,"nan","inf"]]`,
      '[2,0,"",{},[]]',
    ];
    await store().insert('contract', ['id', 'at', 'text', 'map', 'list'], utf8(`${rows.join('\n')}\n`));
    const found = await store().query(
      'SELECT id, toString(toUnixTimestamp64Nano(at)) AS nanos, text, map, list FROM contract ORDER BY id DESC',
    );
    assert.deepEqual(found, [
      {
        id: 9007199254740991,
        nanos: '1544712660300000001',
        text,
        map: { [text]: text },
        list: [0.1, null, null],
      },
      { id: 2, nanos: '0', text: '', map: {}, list: [] },
    ]);
  });

  test(`${name}: blocks of the Native format are stored, whatever bytes they hold`, async () => {
    await store().exec(
      'CREATE TABLE native (name LowCardinality(String), id UInt64) ENGINE = MergeTree ORDER BY id',
    );
    const names = new Names();
    const ids = new Words();
    const block = new Block({ name: names, id: ids });
    const from = block.place();
    // Empty lines, quotes and statements that are none; 0x0a0a0a0a among them.
    const texts = ['\n\n', "'; SELECT 1\n\n", '', 'é🦊'];
    for (const [row, text] of texts.entries()) {
      names.push(names.dictionary.indexOfText(text));
      ids.push(0x0a0a0a0a, row);
      block.rows += 1;
    }
    await store().insert('native', ['name', 'id'], block.native(from, block.place()), 'Native');
    const found = await store().query('SELECT name, id FROM native ORDER BY id');
    assert.deepEqual(
      found,
      texts.map((name, row) => ({ name, id: row * 2 ** 32 + 0x0a0a0a0a })),
    );
    await assert.rejects(store().insert('native', ['name', 'id'], utf8('no block'), 'Native'), {
      code: 'internal',
    });
    assert.deepEqual(await store().query('SELECT count() AS n FROM native'), [{ n: 4 }]);
  });

  test(`${name}: parameters are values, never SQL`, async () => {
    const nasty = "x' OR 1 = 1 -- \\ \n\t {id:UInt8}";
    const [row] = await store().query(
      'SELECT {text:String} AS text, {number:Int64} AS number, {list:Array(String)} AS list, {flag:Bool} AS flag',
      { text: nasty, number: -5, list: [nasty, 'b'], flag: true },
    );
    assert.deepEqual(row, { text: nasty, number: -5, list: [nasty, 'b'], flag: true });
  });

  test(`${name}: bytes come as fixed-width columns`, async () => {
    const bytes = await store().bytes('SELECT toFloat64(number), toFloat64(number) / 2 FROM numbers(3)');
    const floats = new Float64Array(Uint8Array.from(bytes).buffer);
    assert.deepEqual([...floats], [0, 0, 1, 0.5, 2, 1]);
  });

  test(`${name}: samples come as blocks of columns, those of one time and those out of order included`, async () => {
    const at = (n: number) => `fromUnixTimestamp64Milli(${1_769_486_400_000 + n})`;
    const rows = [
      `(7, ${at(2)}, 2.5, 0)`,
      `(9, ${at(0)}, nan, 0)`,
      `(7, ${at(1)}, 1, 0)`,
      `(7, ${at(2)}, 0, 1)`,
    ];
    const bytes = await store().bytes(
      `SELECT ${sampleColumns} FROM VALUES('id UInt64, ts DateTime64(3), value Float64, kind UInt8', ${rows.join(', ')})`,
      {},
      { format: 'Native' },
    );
    const found = samplesOf(bytes, new Map([7, 9].map(id => [id, { __name__: 'm', id: String(id) }])));
    const seven = found.get(7);
    assert.deepEqual([...seven!.timestamps], [1_769_486_400_001, 1_769_486_400_002]);
    assert.deepEqual([...seven!.values], [1, 2.5]);
    assert.ok(!seven?.stale?.includes(1));
    assert.deepEqual([...found.get(9)!.values], [Number.NaN]);
    assert.throws(() => samplesOf(bytes.subarray(0, -1), new Map()), { code: 'internal' });
  });

  test(`${name}: an answer of no rows is an empty list`, async () => {
    assert.deepEqual(await store().query('SELECT 1 AS one WHERE 0'), []);
    assert.equal((await store().bytes('SELECT 1 WHERE 0')).byteLength, 0);
  });

  test(`${name}: too many rows are a fault, not a shorter answer`, async () => {
    await assert.rejects(store().query('SELECT number FROM numbers(1000)', {}, { maxRows: 10 }), {
      code: 'too_large',
    });
  });

  test(`${name}: a statement that wants too much memory is stopped`, async () => {
    await assert.rejects(
      store().query(
        'SELECT length(groupArray(number)) AS n FROM numbers(50000000)',
        {},
        { maxMemoryBytes: 20_000_000 },
      ),
      { code: 'too_large' },
    );
  });

  test(`${name}: a statement that takes too long is stopped`, async () => {
    await assert.rejects(
      store().query(
        'SELECT sum(sipHash64(number, number)) AS n FROM numbers(100000000000)',
        {},
        { timeoutMs: 300 },
      ),
      { code: 'timeout' },
    );
  });

  test(`${name}: a statement can be cancelled`, async () => {
    const abort = new AbortController();
    const asked = store().query(
      'SELECT sum(sipHash64(number)) AS n FROM numbers(100000000000)',
      {},
      {
        timeoutMs: 1_000,
        signal: abort.signal,
      },
    );
    setTimeout(() => abort.abort(), 50);
    await assert.rejects(asked, { code: 'cancelled' });
  });

  test(`${name}: wrong SQL and a missing table say what is wrong`, async () => {
    await assert.rejects(store().query('SELEC 1'), { code: 'internal' });
    await assert.rejects(store().query('SELECT * FROM not_there'), /not_there/);
    await assert.rejects(store().insert('not_there', ['a'], utf8('[1]\n')), /not_there/);
  });

  test(`${name}: rows that do not fit their columns are refused as a whole`, async () => {
    await store().exec('CREATE TABLE refused (id UInt8) ENGINE = MergeTree ORDER BY id');
    await assert.rejects(store().insert('refused', ['id'], utf8('[1]\n["no number"]\n')), {
      code: 'internal',
    });
    assert.deepEqual(await store().query('SELECT count() AS n FROM refused'), [{ n: 0 }]);
  });

  test(`${name}: many statements at once are all answered`, async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => store().query<{ n: number }>('SELECT {n:UInt32} AS n', { n })),
    );
    assert.deepEqual(
      answers.map(([row]) => row?.n),
      Array.from({ length: 40 }, (_, n) => n),
    );
  });
}
