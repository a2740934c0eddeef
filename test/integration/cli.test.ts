import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Validator } from '@seriousme/openapi-schema-validator';
import { operations } from '../../src/operations.ts';
import { fieldsOf } from '../../src/surfaces/field.ts';
import { requestFor } from '../../src/surfaces/remote.ts';
import { nines, type Server, serve, workFolder } from '../kit/nines-process.ts';
import { smallCatalog } from '../kit/small-catalog.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const work = workFolder();
const data = `${work.path}/data`;
const config = work.file(
  'nines.yaml',
  'notify: { channels: { hook: { type: webhook, url: "http://127.0.0.1:9/" } } }\n',
);
let client: Client | undefined;
let server: Server | undefined;

after(async () => {
  await client?.close();
  await server?.end('SIGTERM').catch(() => {});
  work.remove();
});

const json = async (...args: string[]): Promise<Record<string, unknown>> => {
  const { code, stdout, stderr } = await nines([...args, '--json', '--data', data]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
};
const tool = async (name: string, input: Record<string, unknown> = {}) => {
  const result = await client!.callTool({ name, arguments: input });
  assert.notEqual(result.isError, true, JSON.stringify(result.content));
  return result.structuredContent as Record<string, unknown>;
};
const http = async (path: string, init?: RequestInit) => {
  const response = await fetch(`${server!.url}${path}`, init);
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as Record<string, unknown>;
};

test('with no server running, the command line and the MCP server open the folder themselves, and let it go', async t => {
  await t.test('a catalog is applied, and objectives without data say so', async () => {
    const applied = await json('apply', work.file('web.yaml', smallCatalog()));
    assert.equal(JSON.stringify(applied).includes('web-availability'), true);
    // Two commands at once: the second waits for the folder.
    const [objectives, incidents] = await Promise.all([json('slo', 'list'), json('incident', 'list')]);
    assert.equal((objectives.slos as unknown[]).length, 1);
    assert.match(JSON.stringify(objectives.slos), /no_data/);
    assert.deepEqual(incidents.incidents, []);
  });

  await t.test('the same answers come over MCP', async () => {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [MAIN, 'mcp', '--data', data],
      stderr: 'inherit',
    });
    client = new Client({ name: 'outside', version: '1' });
    await client.connect(transport);
    const { tools } = await client.listTools();
    for (const name of ['incident_list', 'slo_list', 'incident_open', 'catalog_apply'])
      assert.ok(
        tools.some(one => one.name === name),
        name,
      );
    assert.deepEqual((await tool('incident_list')).incidents, []);
    const { slos } = (await tool('slo_list')) as { slos: unknown[] };
    assert.equal(slos.length, 1);
  });

  await t.test('what acts on the world says that it needs a server', async () => {
    const acted = await nines(['platform', 'restart', 'web', '--reason', 'a try', '--data', data]);
    assert.equal(acted.code, 6);
    assert.match(acted.stderr, /needs one[\s\S]*nines serve/);
  });
});

test('nines serve starts beside a connected MCP server, and then everybody works through it', async t => {
  server = await serve(['--data', data, '--config', config]);

  await t.test('health, readiness, metrics and a valid OpenAPI 3.1 document', async () => {
    assert.deepEqual(await http('/healthz'), { status: 'alive' });
    const ready = (await http('/readyz')) as { status: string; checks: { name: string; ok: boolean }[] };
    assert.equal(ready.status, 'ready');
    assert.ok(ready.checks.every(check => check.ok));
    const metrics = await (await fetch(`${server!.url}/metrics`)).text();
    assert.match(metrics, /^nines_process_cpu_seconds_total /m);
    const document = await http('/openapi.json');
    assert.match(String(document.openapi), /^3\.1\./);
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    assert.ok(valid, JSON.stringify(errors));
  });

  await t.test(
    'whatever is asked of a service tells a name that nothing has, with the near one',
    async () => {
      // A template is for a service that is yet to be; the gate and the document have their own words.
      const asking = operations.filter(
        one =>
          one.effect === 'read' &&
          one.name !== 'slo.template' &&
          fieldsOf(one).some(field => field.name === 'service'),
      );
      assert.ok(asking.length > 15);
      for (const operation of asking) {
        const ask = async (service: string) => {
          const { path } = requestFor(operation, { service });
          const response = await fetch(`${server!.url}/api/v1${path}`);
          return { status: response.status, text: await response.text() };
        };
        const wrong = await ask('wbe');
        assert.equal(wrong.status, 404, `${operation.name}: ${wrong.text}`);
        assert.match(wrong.text, /\bweb\b/, operation.name);
        const quiet = await ask('web');
        assert.ok(
          quiet.status === 200 || /no release|not run/.test(quiet.text),
          `${operation.name}: ${quiet.text}`,
        );
      }
    },
  );

  await t.test('an incident opened over HTTP is the same one on all three surfaces', async () => {
    const opened = await http('/api/v1/incidents', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ service: 'web', title: 'Pages are blank', severity: 'SEV3' }),
    });
    assert.equal(opened.id, 'INC-1');
    const ids = (answer: Record<string, unknown>) =>
      (answer.incidents as { id: string; title: string }[]).map(({ id, title }) => [id, title]);
    const expected = [['INC-1', 'Pages are blank']];
    assert.deepEqual(ids(await json('incident', 'list')), expected);
    assert.deepEqual(ids(await http('/api/v1/incidents')), expected);
    assert.deepEqual(ids(await tool('incident_list')), expected);
  });

  await t.test('objectives are the same on all three surfaces', async () => {
    const names = (answer: Record<string, unknown>) => (answer.slos as { id: string }[]).map(slo => slo.id);
    const expected = names(await http('/api/v1/slos'));
    assert.equal(expected.length, 1);
    assert.deepEqual(names(await json('slo', 'list')), expected);
    assert.deepEqual(names(await tool('slo_list')), expected);
  });

  await t.test('the audit log tells who came by which surface', async () => {
    await tool('incident_note', { id: 'INC-1', text: 'Seen by a model.' });
    await json('incident', 'note', 'INC-1', 'Seen at a terminal.', '--as', 'web-oncall');
    const { entries } = (await http('/api/v1/audit')) as {
      entries: { surface: string; kind: string; principal: string; operation: string }[];
    };
    const notes = entries.filter(entry => entry.operation === 'incident.note');
    assert.deepEqual(
      new Set(notes.map(one => `${one.surface} ${one.kind}`)),
      new Set(['mcp agent', 'cli person']),
    );
    assert.ok(notes.some(one => one.principal === 'web-oncall'));
  });

  await t.test('a reader that goes away ends a command quietly', () => {
    const piped = spawnSync(
      '/bin/sh',
      [
        '-c',
        `"${process.execPath}" "${MAIN}" incident timeline INC-1 --json --data "${data}" | head -n 1; echo done`,
      ],
      { encoding: 'utf8' },
    );
    assert.equal(piped.stderr, '');
    assert.equal(piped.stdout, '{\ndone\n');
  });

  await t.test('after the server has gone the folder answers again, the same', async () => {
    await server!.end('SIGTERM');
    server = undefined;
    const { incidents } = (await json('incident', 'list')) as { incidents: { id: string }[] };
    assert.deepEqual(
      incidents.map(one => one.id),
      ['INC-1'],
    );
    const { incidents: byMcp } = (await tool('incident_list')) as { incidents: { id: string }[] };
    assert.equal(byMcp.length, 1);
  });
});

/** Command line, exit code, what standard error says. */
const WRONG: readonly (readonly [line: string, code: number, says: RegExp])[] = [
  ['incidnt list', 2, /^error: Unknown command 'incidnt'\.\n {2}→ Did you mean incident\?\n$/],
  ['incident lst', 2, /^error: incident has no verb 'lst'\.\n {2}→ Did you mean list\?\n$/],
  ['catalog list --kind Servce', 2, /^error: There is no kind 'Servce'\.\n {2}→ Did you mean Service\?\n$/],
  ['slo list --jsn', 2, /^error: Unknown option '--jsn'\.\n {2}→ Did you mean --json\?\n$/],
  [
    'incident open --service web',
    2,
    /^error: Required option '--title <text>' not specified\.\n {2}→ nines incident open --help/,
  ],
  [
    'incident show seven',
    2,
    /^error: incident\.show: an input is wrong\.\n {2}id: an incident is INC- and a number, as INC-7\n/,
  ],
  ['incident show INC-99', 3, /^error: There is no incident 'INC-99'\./],
  [
    'incident list --server http://127.0.0.1:2',
    6,
    /^error: Nothing answers at http:\/\/127\.0\.0\.1:2\.\n {2}→ Start it with: nines serve\n$/,
  ],
  ['incident list --server rubbish', 2, /^error: 'rubbish' is not the address of a server\./],
  ['check nowhere', 3, /^error: nowhere cannot be read/],
];

test('a mistyped data folder is told, and not made; what needs no data runs without one', async () => {
  const missing = `${work.path}/mistyped`;
  const empty = workFolder();
  const [ran, asJson, other, rules, first] = [
    await nines(['slo', 'list', '--data', missing]),
    await nines(['incident', 'list', '--json', '--data', missing]),
    await nines(['slo', 'list', '--data', work.path]),
    await nines(['slo', 'template', 'availability', 'web', '--data', missing]),
    await nines(['slo', 'list', '--data', empty.path]),
  ];
  assert.equal(ran.code, 3);
  assert.match(ran.stderr, /^error: There is no data folder .*mistyped\.\n {2}→ .*--data DIR.*nines serve/);
  assert.equal((JSON.parse(asJson.stderr) as { error: { code: string } }).error.code, 'not_found');
  assert.match(other.stderr, /^error: The folder .* holds no data of Nines\./);
  assert.equal(rules.code, 0, rules.stderr);
  assert.equal(existsSync(missing), false);
  assert.equal(existsSync(`${work.path}/lock`), false);
  assert.equal(first.code, 0, first.stderr);
  empty.remove();
});

test('a wrong command line is one clear error with its exit code, and standard output stays empty', async () => {
  for (let i = 0; i < WRONG.length; i += 2)
    await Promise.all(
      WRONG.slice(i, i + 2).map(async ([line, code, says]) => {
        const ran = await nines([...line.split(' '), '--data', data]);
        assert.equal(ran.code, code, `${line}: ${ran.stderr}`);
        assert.match(ran.stderr, says);
        assert.doesNotMatch(ran.stderr, /^\s+at /m);
        assert.equal(ran.stdout, '');
      }),
    );
});

test('wrong YAML is told with file, line and column, all of it at once, and nothing is applied', async () => {
  const before = await json('catalog', 'list');
  const file = work.file(
    'wrong.yaml',
    `${smallCatalog()}---\napiVersion: nines/v1\nkind: Service\nmetadata: { name: Other }\nspec:\n  owner: nobody\n  teir: 1\n`,
  );
  const line = smallCatalog().split('\n').length;
  const ran = await nines(['apply', file, '--data', data]);
  assert.equal(ran.code, 2);
  const places = ran.stderr
    .split('\n')
    .filter(text => text.includes(file))
    .map(text => text.trim().slice(file.length + 1));
  assert.match(ran.stderr, /problems in the files; nothing was changed/);
  assert.ok(
    places.some(text => text.startsWith(`${line + 3}:`) && text.includes('metadata.name')),
    ran.stderr,
  );
  assert.ok(
    places.some(text => text.startsWith(`${line + 6}:3: spec.teir: unknown field 'teir'`)),
    ran.stderr,
  );
  assert.deepEqual(await json('catalog', 'list'), before);
  const broken = await nines([
    'check',
    work.file('broken.yaml', 'kind: [\nspec: {'),
    '--json',
    '--data',
    data,
  ]);
  assert.equal(broken.code, 2);
  const { error } = JSON.parse(broken.stderr) as {
    error: { problems: { place: { line: number; column: number } }[] };
  };
  assert.ok(error.problems[0]!.place.line >= 1 && error.problems[0]!.place.column >= 1);
});

test('a command opens the engines that the folder’s server ran with, and says when they are gone', async () => {
  work.file('nines.yaml', 'database: { url: "postgres://nobody:secret@127.0.0.1:1/none" }\n');
  const asked = await nines(['incident', 'list', '--data', data]);
  assert.equal(asked.code, 6);
  assert.match(
    asked.stderr,
    /^error: PostgreSQL at postgres:\/\/nobody:\[redacted\]@127\.0\.0\.1:1\/none does not answer/,
  );
});
