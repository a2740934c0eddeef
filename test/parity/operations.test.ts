// What holds for every capability on every surface. A new operation is held to it by being in the registry.
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
import { Validator } from '@seriousme/openapi-schema-validator';
import { z } from 'zod';
import { operations } from '../../src/operations.ts';
import { ROOMS } from '../../src/surfaces/cli/guide.ts';
import { createProgram, runCli } from '../../src/surfaces/cli/index.ts';
import {
  type Capability,
  fieldsOf,
  inputSchema,
  inQuery,
  outputSchema,
  partsOf,
  routeOf,
  toolName,
} from '../../src/surfaces/field.ts';
import { openapiDocument } from '../../src/surfaces/http/index.ts';
import { createMcpServer } from '../../src/surfaces/mcp/index.ts';

const all: readonly Capability[] = operations;
const surfaces = ['cli', 'http', 'mcp'] as const;
const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

function each(what: string, holds: (operation: Capability) => void): void {
  test(`every operation ${what}`, () => {
    const failures = all.flatMap(operation => {
      try {
        holds(operation);
        return [];
      } catch (error) {
        return [`${operation.name}: ${error instanceof Error ? error.message : error}`];
      }
    });
    assert.deepEqual(failures, []);
  });
}

function unique(what: string, keyOf: (operation: Capability) => string): void {
  test(`no two operations have the same ${what}`, () => {
    const byKey = Map.groupBy(all, keyOf);
    const twice = [...byKey]
      .filter(([, list]) => list.length > 1)
      .map(([key, list]) => `${key}: ${list.map(one => one.name).join(', ')}`);
    assert.deepEqual(twice, []);
  });
}

test('there are operations to hold to it', () => {
  assert.ok(all.length > 10);
});

unique('name', operation => operation.name);
unique('tool name', toolName);
unique('command', operation => Object.values(partsOf(operation)).join(' '));
unique('route', operation => operation.route.replaceAll(/:[A-Za-z]\w*/g, ':'));

each('has a name of two words in kebab-case', operation => {
  assert.match(operation.name, /^[a-z]+\.[a-z]+(-[a-z]+)*$/);
});

each('is in a room that the help says something of', operation => {
  if (operation.hidden?.cli === undefined) assert.ok(ROOMS[partsOf(operation).room], partsOf(operation).room);
});

test('the help says nothing of a room that there is not', () => {
  const rooms = new Set(all.map(operation => partsOf(operation).room));
  // What the product's plan has, and nothing serves yet.
  const planned = new Set(['capacity', 'chaos', 'maintenance', 'readiness']);
  assert.deepEqual(
    Object.keys(ROOMS).filter(room => !rooms.has(room) && !planned.has(room)),
    [],
  );
});

each('says in one sentence what it does', ({ summary }) => {
  assert.match(summary, /^[A-Z].*[.]$/s, summary);
  assert.ok(summary.length <= 160, `${summary.length} characters`);
});

each('describes each of its inputs, and takes a flat object', operation => {
  assert.ok(operation.input instanceof z.ZodObject);
  for (const field of fieldsOf(operation)) {
    assert.ok(field.description.length > 2, `'${field.name}' has no description`);
    assert.match(field.name, /^[a-z][A-Za-z0-9]*$/);
  }
});

each('has no input that a flag for every command would hide', operation => {
  for (const field of fieldsOf(operation))
    if (!(operation.args ?? []).includes(field.name))
      assert.ok(
        !['json', 'data', 'server', 'token', 'as', 'color', 'version', 'help', 'no-color'].includes(
          field.flag,
        ),
        field.flag,
      );
});

each('takes positionals that it has, required ones first, a repeating one last', operation => {
  const fields = fieldsOf(operation);
  const positionals = (operation.args ?? []).map(name => {
    const field = fields.find(candidate => candidate.name === name);
    assert.ok(field, `'${name}' is no input`);
    return field;
  });
  const required = positionals.map(field => field.required);
  assert.deepEqual(
    required,
    required.toSorted((a, b) => Number(b) - Number(a)),
  );
  assert.ok(positionals.slice(0, -1).every(field => !field.repeats));
});

each('has path parameters that are required inputs of one value', operation => {
  const fields = fieldsOf(operation);
  for (const param of routeOf(operation).params) {
    const field = fields.find(candidate => candidate.name === param);
    assert.ok(field?.required && !field.repeats, `':${param}'`);
  }
});

each('only looks where its method says so', ({ effect, route }) => {
  const { method } = routeOf({ route });
  if (method === 'GET') assert.equal(effect, 'read');
  if (effect === 'read') assert.match(method, /^(GET|POST)$/);
});

each('can carry its inputs in a query string, where its method has no body', operation => {
  const { method, params } = routeOf(operation);
  if (!inQuery(method)) return;
  for (const field of fieldsOf(operation))
    if (!params.includes(field.name))
      assert.notEqual(field.type, 'json', `'${field.name}' is an object, and ${method} has no body`);
});

each('has schemas that convert to JSON Schema, and answers with an object', operation => {
  assert.equal(inputSchema(operation).type, 'object');
  const output = outputSchema(operation);
  const target =
    output.$ref === undefined ? output : (output.$defs?.[output.$ref.split('/').at(-1)!] as typeof output);
  assert.equal(target.type, 'object', 'MCP wants structured content to be an object');
});

each('is on every surface, or says why not', ({ hidden }) => {
  for (const surface of surfaces)
    if (hidden?.[surface] !== undefined)
      assert.ok(hidden[surface].length > 10, `hidden from ${surface} without a reason`);
  assert.ok(
    surfaces.some(surface => hidden?.[surface] === undefined),
    'is on no surface',
  );
});

test('what is not hidden is reachable on the command line, over HTTP and as a tool; what is hidden is not', async () => {
  const connect = () => Promise.reject(new Error('not for this test'));
  const program = createProgram(
    { operations: all, version: '0', connect },
    { stdout: nowhere(), stderr: nowhere(), env: {} },
  );
  const commands = new Set(
    program.commands.flatMap(room => room.commands.map(verb => `${room.name()} ${verb.name()}`)),
  );
  const served = new Set(
    Object.values(openapiDocument(all, '0').paths ?? {}).flatMap(path =>
      (['get', 'post', 'put', 'patch', 'delete'] as const).map(method => path[method]?.operationId),
    ),
  );
  const server = createMcpServer({ operations: all, caller: connect, version: '0' });
  const [clientSide, serverSide] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: 'parity', version: '0' });
  await Promise.all([server.connect(serverSide), client.connect(clientSide)]);
  const tools = new Set((await client.listTools()).tools.map(tool => tool.name));
  await client.close();
  for (const operation of all) {
    const { room, verb } = partsOf(operation);
    assert.equal(
      commands.has(`${room} ${verb}`),
      operation.hidden?.cli === undefined,
      `${operation.name} on the command line`,
    );
    assert.equal(
      served.has(toolName(operation)),
      operation.hidden?.http === undefined,
      `${operation.name} over HTTP`,
    );
    assert.equal(
      tools.has(toolName(operation)),
      operation.hidden?.mcp === undefined,
      `${operation.name} as a tool`,
    );
  }
});

test('the OpenAPI document of all operations is valid', async () => {
  const result = await new Validator().validate(
    JSON.parse(JSON.stringify(openapiDocument(all, '0'))) as Record<string, unknown>,
  );
  assert.equal(result.valid, true, JSON.stringify(result.errors, null, 2));
});

test('every example is a command line that is understood and passes its schema', async () => {
  const failures: string[] = [];
  for (const operation of all) {
    for (const example of operation.examples ?? []) {
      let called: { name: string; input: unknown } | undefined;
      let complaint = '';
      const stderr = new Writable({
        write: (chunk, _encoding, done) => {
          complaint += chunk;
          done();
        },
      });
      const code = await runCli(words(example.replace(/ (>|\|) .*$/, '')).slice(1), {
        operations: all.map(one => ({ ...one, render: () => '' })),
        version: '0',
        connect: async () => ({
          caller: async (name, input) => {
            called = { name, input };
            return {};
          },
          close: async () => {},
        }),
        readFiles: path => [{ path, text: '' }],
        terminal: { stdout: nowhere(), stderr, env: {} },
      });
      const parsed = z.strictObject(operation.input.shape).safeParse(called?.input);
      if (!example.startsWith('nines ')) failures.push(`${example}: does not begin with nines`);
      else if (operation.hidden?.cli !== undefined) continue;
      else if (code !== 0) failures.push(`${example}: ${complaint}`);
      else if (called?.name !== operation.name)
        failures.push(`${example}: calls ${called?.name}, not ${operation.name}`);
      else if (!parsed.success) failures.push(`${example}: ${z.prettifyError(parsed.error)}`);
    }
  }
  assert.deepEqual(failures, []);
});

/** The words of a command line, as a shell splits them; enough for examples. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
}
