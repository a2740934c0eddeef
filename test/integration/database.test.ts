import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type RunningPostgres, startPostgres } from '../../examples/shop/database/postgres.ts';
import {
  createKernel,
  createLog,
  type Database,
  type Fault,
  type Kernel,
  openPglite,
  openPostgres,
} from '../../src/kernel/index.ts';
import { freePort } from '../kit/port.ts';

// One contract, two engines: what rooms may rely on holds on the embedded database and on a real PostgreSQL alike.

const folder = mkdtempSync(join(tmpdir(), 'nines-pg-'));
let postgres: RunningPostgres;
let port: number;
before(async () => {
  port = await freePort();
  postgres = await startPostgres(folder, port, () => {});
});
after(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const engines: [name: string, open: () => Promise<Database>][] = [
  ['the embedded PGlite', () => openPglite()],
  ['a real PostgreSQL', () => openPostgres(`postgres://shop@127.0.0.1:${port}/postgres`)],
];
for (const [name, open] of engines)
  describe(name, () => {
    let db: Database;
    let kernel: Kernel;
    const seen: number[] = [];
    before(async () => {
      db = await open();
      kernel = createKernel({ db, log: createLog('silent') });
      kernel.events.on<{ n: number }>('thing.happened', 'contract', async event => {
        seen.push(event.data.n);
      });
      await kernel.start([
        {
          name: 'contract/1',
          sql: 'create table thing (id text primary key, n bigint, at timestamptz, doc jsonb)',
        },
      ]);
    });
    after(() => kernel?.stop());

    test('numbers, times and documents come back as they went in', async () => {
      const at = new Date('2026-01-27T03:15:00.123Z');
      await db.query('insert into thing values ($1, $2, $3, $4::jsonb)', [
        'a',
        5_000_000_000,
        at,
        JSON.stringify({ list: [1, 'x'] }),
      ]);
      const [row] = await db.query('select * from thing where id = $1', ['a']);
      assert.deepEqual(row, { id: 'a', n: 5_000_000_000, at, doc: { list: [1, 'x'] } });
    });

    test('what fails inside a transaction leaves nothing behind, in nested calls too', async () => {
      await assert.rejects(
        db.transaction(async () => {
          await db.query(`insert into thing values ('b', 1, now(), '{}')`);
          await db.transaction(() => db.query(`insert into thing values ('c', 1, now(), '{}')`));
          throw new Error('no');
        }),
      );
      assert.deepEqual(await db.query(`select id from thing where id in ('b', 'c')`), []);
    });

    test('transactions do not see each other half done', async () => {
      await Promise.all(
        Array.from({ length: 5 }, (_, n) =>
          db.transaction(async () => {
            await db.query(`insert into thing values ($1, 0, now(), '{}')`, [`t${n}`]);
            await new Promise(resolve => setImmediate(resolve));
            const [row] = await db.query<{ n: number }>(
              `select count(*)::int as n from thing where id = $1`,
              [`t${n}`],
            );
            assert.equal(row!.n, 1);
          }),
        ),
      );
    });

    test('an event emitted in a transaction is delivered after it', async () => {
      await db.transaction(() => kernel.events.emit('thing.happened', 'x', { n: 7 }));
      for (let i = 0; i < 100 && seen.length === 0; i++)
        await new Promise(resolve => setTimeout(resolve, 50));
      assert.deepEqual(seen, [7]);
    });
  });

test('a PostgreSQL that is away is one clear fault without its password', async () => {
  const away = await freePort();
  await assert.rejects(openPostgres(`postgres://nines:hunter2@127.0.0.1:${away}/nines`), (fault: Fault) => {
    assert.equal(fault.code, 'unavailable');
    assert.match(fault.toText(), /PostgreSQL at postgres:\/\/nines:\[redacted\]@.* does not answer/);
    assert.doesNotMatch(fault.toText(), /hunter2/);
    return true;
  });
});
