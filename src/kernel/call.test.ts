import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { createCall } from './call.ts';
import { Fault } from './fault.ts';
import { createMetrics } from './metrics.ts';
import { operationsOf } from './operation.ts';
import type { Principal } from './principal.ts';
import { startedKernel, type TestKernel } from './testing.ts';

const operation = operationsOf<{ things: Map<string, string> }>();
const rename = operation({
  name: 'thing.rename',
  summary: 'Rename a thing.',
  effect: 'write',
  route: 'POST /things/:id/rename',
  args: ['id'],
  input: z.object({ id: z.string(), to: z.string(), password: z.string().optional() }),
  output: z.object({ id: z.string(), name: z.string() }),
  run: async ({ id, to }, { things }) => {
    if (to === 'broken') return { id } as never;
    if (to === 'bug') throw new TypeError('secret internals');
    if (!things.has(id)) throw new Fault('not_found', `There is no thing ${id}.`);
    things.set(id, to);
    return { id, name: to };
  },
});
const responder: Principal = { name: 'casey', kind: 'person', role: 'responder' };

let kernel: TestKernel;
let call: ReturnType<typeof createCall<{ things: Map<string, string> }>>;
before(async () => {
  kernel = await startedKernel([], { log: 'silent' });
  call = createCall({ things: new Map([['a', 'one']]) }, kernel);
});
after(() => kernel.stop());

const codes: [name: string, input: unknown, principal: Principal, code: string, message: RegExp][] = [
  ['an unknown input is refused by name', { id: 'a', to: 'x', too: 1 }, responder, 'invalid', /too/],
  ['a missing input is refused by name', { id: 'a' }, responder, 'invalid', /to/],
  [
    'a viewer may not write',
    { id: 'a', to: 'x' },
    { ...responder, role: 'viewer' },
    'forbidden',
    /role viewer/,
  ],
  ['a fault keeps its code', { id: 'b', to: 'x' }, responder, 'not_found', /no thing b/],
  [
    'a defect is internal and tells nothing of the insides',
    { id: 'a', to: 'bug' },
    responder,
    'internal',
    /its log has the details/,
  ],
  ['an answer of the wrong shape is a defect', { id: 'a', to: 'broken' }, responder, 'internal', /its log/],
];
for (const [name, input, principal, code, message] of codes)
  test(name, async () => {
    await assert.rejects(call(rename, input, { principal, surface: 'http' }), (fault: Fault) => {
      assert.equal(fault.code, code);
      assert.match(fault.toText(), message);
      assert.doesNotMatch(fault.toText(), /secret internals/);
      return true;
    });
  });

test('every write is audited, allowed or not, without secrets', async () => {
  await call(rename, { id: 'a', to: 'two', password: 'hunter2' }, { principal: responder, surface: 'cli' });
  const entries = await kernel.audit.list(100);
  assert.equal(entries[0]!.outcome, 'ok');
  assert.equal(entries[0]!.principal, 'casey');
  assert.equal(JSON.stringify(entries).includes('hunter2'), false);
  assert.deepEqual(
    new Set(entries.map(entry => entry.outcome)),
    new Set(['ok', 'invalid', 'forbidden', 'not_found', 'internal']),
  );
});

test('what is under way stands in the audit already, and nothing runs that cannot be audited', async () => {
  const seen: string[] = [];
  const look = operation({
    ...rename,
    name: 'thing.look',
    route: 'POST /things/:id/look',
    run: async ({ id }) => {
      const [entry] = await kernel.audit.list(1);
      seen.push(`${entry!.operation} ${entry!.outcome}`);
      return { id, name: 'seen' };
    },
  });
  const asked = { principal: responder, surface: 'cli' as const };
  await call(look, { id: 'a', to: 'x' }, asked);
  assert.deepEqual(seen, ['thing.look begun']);
  assert.equal((await kernel.audit.list(1))[0]!.outcome, 'ok');
  const away = async () => {
    throw new Fault('unavailable', 'The database is away.');
  };
  const blind = createCall(
    { things: new Map([['a', 'one']]) },
    { ...kernel, metrics: createMetrics(), audit: { append: away, begin: away, end: away } },
  );
  await assert.rejects(blind(look, { id: 'a', to: 'x' }, asked), { code: 'unavailable' });
  assert.equal(seen.length, 1);
});

test('a route whose parameter is no input does not compile', () => {
  operation({
    name: 'thing.bad',
    summary: 'Bad.',
    effect: 'read',
    // @ts-expect-error :nr is no key of the input
    route: 'GET /things/:nr',
    input: z.object({ id: z.string() }),
    output: z.object({}),
    run: async () => ({}),
  });
});
