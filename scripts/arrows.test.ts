import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ARROWS, checkArrows, importsOf } from './arrows.ts';
import { EDGES } from './edges.ts';
import { readSources } from './sources.ts';

const messages = (files: Record<string, string>, edges: Parameters<typeof checkArrows>[1] = {}) =>
  checkArrows(new Map(Object.entries(files)), edges).map(
    ({ file, line, message }) => `${file}:${line}: ${message}`,
  );

/** A project that keeps every rule. */
const clean = {
  'src/kernel/index.ts':
    "export { systemClock } from './clock.ts';\nexport { DurationText } from './duration.ts';\n",
  'src/kernel/clock.ts': 'export const systemClock = { now: () => Date.now() };\n',
  'src/kernel/duration.ts': "import { z } from 'zod';\nexport const DurationText = z.string();\n",
  'src/incident/index.ts':
    "export { Incidents } from './incidents.ts';\nexport { opened } from './incident.ts';\n",
  'src/incident/incident.ts':
    "import { DurationText } from '../kernel/index.ts';\nexport const opened = () => DurationText;\n",
  'src/incident/store.ts': "import { readFileSync } from 'node:fs';\nexport const store = readFileSync;\n",
  'src/incident/incidents.ts':
    "import { opened } from './incident.ts';\nimport { store } from './store.ts';\nexport const Incidents = [opened, store];\n",
  'src/incident/operations.ts':
    "import { Incidents } from './incidents.ts';\nexport const incidentOperations = [Incidents];\n",
  'src/operations.ts':
    "import { incidentOperations } from './incident/operations.ts';\nexport const operations = incidentOperations;\n",
  'src/alerting/index.ts': "export { fired } from './alert.ts';\n",
  'src/alerting/alert.ts':
    "import type { Telemetry } from '../telemetry/index.ts';\nexport const fired = (t: Telemetry) => t;\n",
  'src/telemetry/index.ts': 'export interface Telemetry {}\n',
};
const edges = { incident: ['incidents.ts'] };
const broken = (file: string, source: string) => messages({ ...clean, [file]: source }, edges);

test('a project that keeps the rules passes', () => {
  assert.deepEqual(messages(clean, edges), []);
});

test('a wrong arrow fails: alerting may not import incident, not even a type', () => {
  for (const source of [
    "import { opened } from '../incident/index.ts';\n",
    "import type { Incident } from '../incident/index.ts';\n",
    "export { opened } from '../incident/index.ts';\n",
    "const later = () => import('../incident/index.ts');\n",
  ]) {
    const found = broken('src/alerting/alert.ts', `${source}export const fired = 1;\n`);
    assert.match(
      found[0] ?? '',
      /^src\/alerting\/alert\.ts:1: alerting may not import incident; it may import kernel, catalog, telemetry, slo\./,
    );
  }
});

test('a room is imported only through its face', () => {
  const found = broken(
    'src/postmortem/facts.ts',
    "import { opened } from '../incident/incident.ts';\nexport const facts = opened;\n",
  );
  assert.deepEqual(found, [
    'src/postmortem/facts.ts:1: imports src/incident/incident.ts past the face of incident; import it from incident/index.ts',
  ]);
  assert.match(
    broken(
      'src/postmortem/facts.ts',
      "import { incidentOperations } from '../incident/operations.ts';\n",
    )[0] ?? '',
    /past the face/,
  );
});

test('rooms never import what puts them together, and that takes them by their faces', () => {
  assert.match(
    broken('src/incident/incident.ts', "import { operations } from '../operations.ts';\n")[0] ?? '',
    /rooms never import what puts them together/,
  );
  assert.deepEqual(broken('src/app.ts', "import { fired } from './alerting/index.ts';\n"), []);
  assert.match(
    broken('src/app.ts', "import { fired } from './alerting/alert.ts';\n")[0] ?? '',
    /past the face/,
  );
  assert.match(
    broken('src/app.ts', "import { incidentOperations } from './incident/operations.ts';\n")[0] ?? '',
    /past the face/,
  );
});

test('a room that is not in the table may import nothing', () => {
  assert.match(
    broken('src/billing/bill.ts', "import { DurationText } from '../kernel/index.ts';\n")[0] ?? '',
    /not in the table of arrows/,
  );
});

test('a cycle fails, also one of types alone', () => {
  const found = messages({
    'src/slo/a.ts': "import type { B } from './b.ts';\nexport type A = B;\n",
    'src/slo/b.ts': "import type { C } from './c.ts';\nexport type B = C;\n",
    'src/slo/c.ts': "import type { A } from './a.ts';\nexport type C = A;\n",
  });
  assert.deepEqual(found, [
    'src/slo/a.ts:1: is in a cycle: src/slo/a.ts → src/slo/b.ts → src/slo/c.ts → src/slo/a.ts',
  ]);
});

for (const [what, source, expected] of [
  ['the clock', 'export const at = () => Date.now();\n', /uses Date\.now/],
  ['chance', 'export const at = () => Math.random();\n', /uses Math\.random/],
  ['the network', "export const at = () => fetch('http://x');\n", /uses fetch/],
  ['the process', 'export const at = process.env.HOME;\n', /uses process/],
  ['node:', "import { join } from 'node:path';\nexport const at = join;\n", /imports node:path/],
  ['a package that does more than compute', "import pg from 'pg';\nexport const at = pg;\n", /imports pg/],
  [
    'a store',
    "import { store } from './store.ts';\nexport const at = store;\n",
    /imports store from src\/incident\/store\.ts/,
  ],
  [
    "the kernel's clock",
    "import { systemClock } from '../kernel/index.ts';\nexport const at = systemClock;\n",
    /imports systemClock from src\/kernel\/clock\.ts/,
  ],
] as const)
  test(`a pure file that reaches for ${what} fails`, () => {
    const found = broken('src/incident/incident.ts', source);
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0]!, expected);
  });

test('types of impure things, and what only stands in comments and texts, are no matter', () => {
  const source = [
    "import type { Stats } from 'node:fs';",
    "import { type systemClock, DurationText } from '../kernel/index.ts';",
    '/** Never Date.now() here. */',
    "export const text = 'process.env'; // Math.random()",
    'export const at = (stats: Stats, source: Source) => [stats, source.fetch(), DurationText];',
  ].join('\n');
  assert.deepEqual(broken('src/incident/incident.ts', source), []);
});

test('an edge that is pure, or gone, is taken off the list', () => {
  assert.match(
    messages(clean, { incident: ['incidents.ts', 'incident.ts', 'gone.ts'] }).join('\n'),
    /gone\.ts:1: is listed[\s\S]*incident\.ts:1: is listed/,
  );
});

test('the console takes types only', () => {
  assert.match(
    broken('web/src/api.ts', "import { fired } from '../../src/alerting/index.ts';\n")[0] ?? '',
    /takes types only/,
  );
  assert.deepEqual(
    broken('web/src/api.ts', "import type { fired } from '../../src/alerting/index.ts';\n"),
    [],
  );
});

test('every form of import is seen, with its line', () => {
  const source =
    "import a from 'a';\nimport {\n  b,\n  type C,\n} from './b.ts';\nimport type { D } from './d.ts';\nimport './e.ts';\nexport * from './f.ts';\nconst g = await import('./g.ts');\n";
  assert.deepEqual(
    importsOf(source).map(({ line, from, typeOnly }) => [line, from, typeOnly]),
    [
      [1, 'a', false],
      [2, './b.ts', false],
      [6, './d.ts', true],
      [7, './e.ts', false],
      [8, './f.ts', false],
      [9, './g.ts', false],
    ],
  );
});

test('the table itself has no cycle', () => {
  const below = (room: string, seen: string[] = []): boolean =>
    !seen.includes(room) && ARROWS[room]!.every(next => below(next, [...seen, room]));
  for (const room of Object.keys(ARROWS)) assert.ok(below(room), room);
});

test('a wrong arrow put into this project would be found', () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const sources = readSources(root, ['src']);
  const file = 'src/alerting/wrong.ts';
  sources.set(file, "import type { Incident } from '../incident/index.ts';\nexport type Wrong = Incident;\n");
  assert.ok(
    checkArrows(sources, EDGES).some(
      found => found.file === file && /alerting may not import incident/.test(found.message),
    ),
  );
});
