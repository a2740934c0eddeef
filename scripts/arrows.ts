import { dirname, join, normalize } from 'node:path/posix';

/**
 * The arrows between the rooms of `src/`, as one table, and the check that the code follows it:
 *
 * 1. another room is imported only through its face (`index.ts`; `operations.ts` is also open to the registry);
 * 2. only along the arrows: down by import, up by event;
 * 3. no cycles, type imports included;
 * 4. files are pure unless they are named here as edges: no store, clock, network, chance or `node:`.
 */
const BASE = ['kernel', 'catalog'];
const LINE = [...BASE, 'telemetry', 'slo'];

/** What each room may import. */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  catalog: ['kernel'],
  telemetry: BASE,
  slo: [...BASE, 'telemetry'],
  alerting: LINE,
  notify: BASE,
  platform: BASE,
  oncall: [...BASE, 'notify'],
  runbook: [...BASE, 'platform'],
  deploy: [...LINE, 'platform'],
  chaos: [...LINE, 'platform'],
  capacity: [...LINE, 'platform'],
  maintenance: [...LINE, 'platform'],
  incident: [...BASE, 'oncall', 'notify'],
  investigation: [...LINE, 'alerting', 'platform', 'deploy', 'incident', 'runbook'],
  postmortem: [...BASE, 'incident'],
  readiness: [
    ...LINE,
    'alerting',
    'notify',
    'oncall',
    'platform',
    'runbook',
    'deploy',
    'chaos',
    'capacity',
    'maintenance',
    'incident',
    'postmortem',
  ],
  surfaces: ['kernel'],
};

/** Faces beside `index.ts`: a command line must not load a web server, nor who only reads PromQL a store. */
const MORE_FACES: Readonly<Record<string, readonly string[]>> = {
  telemetry: ['promql/index.ts'],
  surfaces: ['http/index.ts', 'grpc/index.ts', 'cli/index.ts', 'mcp/index.ts'],
};

/** Rooms that are edges altogether: the kernel holds the clock and the database, the surfaces talk to the world. */
const EDGE_ROOMS = new Set(['kernel', 'surfaces']);

/** Names that are edges in every room, by what they are. */
const EDGE_NAMES =
  /(^|\/)(index|operations|testing|store|[a-z-]+-store|store-[a-z-]+|[a-z0-9.-]+\.test)\.ts$/;

/** Packages that only compute. */
const PURE_PACKAGES = new Set([
  'zod',
  're2js',
  'cron-parser',
  'rrule-temporal',
  '@lezer/common',
  '@lezer/lr',
  '@prometheus-io/lezer-promql',
  'yaml',
  'protobufjs',
  'snappyjs',
  'fast-check',
]);

/** What reaches for the clock, chance, the network or the process without any import. */
const IMPURE_GLOBALS =
  /(?<![.\w])(Date\.now\(|new Date\(\)|Math\.random\(|performance\.now\(|fetch\(|setTimeout\(|setInterval\(|setImmediate\(|process\.|crypto\.)/;

export interface Violation {
  file: string;
  line: number;
  message: string;
}

interface Import {
  line: number;
  /** The names, or undefined for a whole module. Types are told apart. */
  names: { name: string; type: boolean }[] | undefined;
  from: string;
  typeOnly: boolean;
}

/**
 * Checks sources by their path from the project's root (`src/slo/slos.ts`, `web/src/app.tsx`).
 * `edges` names, for each room, the files and folders (`local/`) that may be impure.
 */
export function checkArrows(
  sources: ReadonlyMap<string, string>,
  edges: Readonly<Record<string, readonly string[]>>,
): Violation[] {
  const found: Violation[] = [];
  const imports = new Map([...sources].map(([file, source]) => [file, importsOf(source)]));
  for (const [file, list] of imports) {
    for (const one of list) {
      const message = file.startsWith('web/') ? wrongForWeb(file, one) : wrongArrow(file, one);
      if (message !== undefined) found.push({ file, line: one.line, message });
    }
  }
  found.push(...cycles(imports));
  found.push(...impurities(sources, imports, edges));
  return found.toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}

/** `src/slo/burn-rate.ts` → room `slo`, inside `burn-rate.ts`; `src/app.ts` → room undefined. */
function placeOf(file: string): { room: string | undefined; inside: string } | undefined {
  const match = /^src\/(?:([a-z]+)\/)?(.+)$/.exec(file);
  return match === null ? undefined : { room: match[1], inside: match[2]! };
}

function targetOf(file: string, from: string): string | undefined {
  return from.startsWith('.') ? normalize(join(dirname(file), from)) : undefined;
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts') || file.endsWith('/testing.ts');
}

function wrongArrow(file: string, { from }: Import): string | undefined {
  const here = placeOf(file);
  const target = targetOf(file, from);
  if (here === undefined || target === undefined) return undefined;
  const there = placeOf(target);
  if (there === undefined)
    return isTest(file) || target === 'package.json' ? undefined : `imports ${target}, which is outside src/`;
  if (there.room === undefined)
    return here.room === undefined
      ? undefined
      : `the room ${here.room} imports ${target}: rooms never import what puts them together`;
  if (here.room === there.room) return undefined;
  if (here.room === undefined)
    return wrongForRoot(here.inside, { room: there.room, inside: there.inside }, isTest(file));
  const allowed = ARROWS[here.room];
  if (allowed === undefined) return `the room ${here.room} is not in the table of arrows (scripts/arrows.ts)`;
  if (!allowed.includes(there.room))
    return `${here.room} may not import ${there.room}; it may import ${allowed.join(', ') || 'nothing'}. Down by import, up by event`;
  return isFace({ room: there.room, inside: there.inside }, isTest(file))
    ? undefined
    : `imports ${target} past the face of ${there.room}; import it from ${there.room}/index.ts`;
}

/** Files of `src/` itself put the rooms together, so they may import each of them, through its face. */
function wrongForRoot(
  file: string,
  there: { room: string; inside: string },
  test: boolean,
): string | undefined {
  if (file === 'operations.ts' && there.inside === 'operations.ts') return undefined;
  return isFace(there, test)
    ? undefined
    : `imports past the face of ${there.room}; import it from ${there.room}/index.ts`;
}

function isFace({ room, inside }: { room: string; inside: string }, test: boolean): boolean {
  return (
    inside === 'index.ts' ||
    (MORE_FACES[room]?.includes(inside) ?? false) ||
    (test && /(^|\/)testing\.ts$/.test(inside))
  );
}

function wrongForWeb(file: string, { from, typeOnly }: Import): string | undefined {
  const target = targetOf(file, from);
  return target?.startsWith('src/') && !typeOnly
    ? `imports a value from ${target}; the console takes types only`
    : undefined;
}

/** Cycles of files, each told once, at the file that comes first by name. */
function cycles(imports: ReadonlyMap<string, readonly Import[]>): Violation[] {
  const found: Violation[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const path: string[] = [];
  const visit = (file: string): void => {
    state.set(file, 'open');
    path.push(file);
    for (const { from } of imports.get(file) ?? []) {
      const target = targetOf(file, from);
      if (target === undefined || !imports.has(target)) continue;
      if (state.get(target) === undefined) visit(target);
      else if (state.get(target) === 'open') {
        const cycle = path.slice(path.indexOf(target));
        const first = cycle.toSorted()[0]!;
        const turned = [...cycle.slice(cycle.indexOf(first)), ...cycle.slice(0, cycle.indexOf(first))];
        found.push({ file: first, line: 1, message: `is in a cycle: ${[...turned, first].join(' → ')}` });
      }
    }
    path.pop();
    state.set(file, 'done');
  };
  for (const file of [...imports.keys()].toSorted()) if (state.get(file) === undefined) visit(file);
  return found;
}

function impurities(
  sources: ReadonlyMap<string, string>,
  imports: ReadonlyMap<string, readonly Import[]>,
  edges: Readonly<Record<string, readonly string[]>>,
): Violation[] {
  const found: Violation[] = [];
  const listed = (file: string): string | undefined => {
    const { room, inside } = placeOf(file) ?? {};
    return room === undefined
      ? undefined
      : edges[room]?.find(edge => (edge.endsWith('/') ? inside?.startsWith(edge) : edge === inside));
  };
  const isEdge = (file: string): boolean => {
    const { room } = placeOf(file) ?? {};
    return room === undefined || EDGE_ROOMS.has(room) || EDGE_NAMES.test(file) || listed(file) !== undefined;
  };
  const used = new Set<string>();
  for (const [file, list] of imports) {
    const room = placeOf(file)?.room;
    if (room === undefined) continue;
    const reasons = whyImpure(file, sources, list, imports, isEdge);
    const edge = listed(file);
    if (edge !== undefined && reasons.length > 0) used.add(`${room}/${edge}`);
    if (!isEdge(file)) found.push(...reasons);
  }
  for (const [room, list] of Object.entries(edges))
    for (const edge of list)
      if (!used.has(`${room}/${edge}`))
        found.push({
          file: `src/${room}/${edge}`,
          line: 1,
          message:
            'is listed as an edge (scripts/edges.ts) and is pure, or is not there: take it off the list',
        });
  return found;
}

function whyImpure(
  file: string,
  sources: ReadonlyMap<string, string>,
  list: readonly Import[],
  imports: ReadonlyMap<string, readonly Import[]>,
  isEdge: (file: string) => boolean,
): Violation[] {
  const found: Violation[] = [];
  const impure = (line: number, what: string) =>
    found.push({
      file,
      line,
      message: `${what}: a pure file may not. Take it as an argument, or name the file as an edge (scripts/edges.ts)`,
    });
  for (const one of list) {
    if (one.typeOnly) continue;
    const target = targetOf(file, one.from);
    if (target === undefined) {
      const packageName = one.from
        .split('/')
        .slice(0, one.from.startsWith('@') ? 2 : 1)
        .join('/');
      if (!PURE_PACKAGES.has(packageName)) impure(one.line, `imports ${one.from}`);
      continue;
    }
    for (const { name, type } of one.names ?? [{ name: '*', type: false }]) {
      const origin = originOf(target, name, imports);
      if (!type && isImpureOrigin(origin, name, isEdge)) impure(one.line, `imports ${name} from ${origin}`);
    }
  }
  const code = withoutTextAndComments(sources.get(file) ?? '');
  for (const [index, line] of code.split('\n').entries()) {
    const global = IMPURE_GLOBALS.exec(line)?.[1];
    // A function of the file's own may have the name of a global one.
    if (global !== undefined && !code.includes(`function ${global}`))
      impure(index + 1, `uses ${global.replace(/[(.]$/, '')}`);
  }
  return found;
}

/** What of the kernel holds a clock, a store or the process; everything else of it computes. */
const IMPURE_KERNEL =
  /^src\/kernel\/(audit|clock|database|database-.*|event|folder|jobs|kernel|log|loop|metrics|migration|id|call|testing)\.ts$/;

function isImpureOrigin(origin: string, name: string, isEdge: (file: string) => boolean): boolean {
  if (origin.startsWith('src/kernel/'))
    return IMPURE_KERNEL.test(origin) && name !== 'uuidOf' && name !== 'problemsOf';
  // A face's name leads to the file behind it; a face taken whole counts as what it is.
  return isEdge(origin);
}

/** The file behind a name of a face: `DurationText` of `kernel/index.ts` → `kernel/duration.ts`. */
function originOf(target: string, name: string, imports: ReadonlyMap<string, readonly Import[]>): string {
  if (!target.endsWith('/index.ts')) return target;
  for (const one of imports.get(target) ?? []) {
    if (!one.names?.some(each => each.name === name)) continue;
    const next = targetOf(target, one.from);
    if (next !== undefined) return originOf(next, name, imports);
  }
  return target;
}

/**
 * The imports and re-exports of a source as Biome formats it: statements at the start of a line, single quotes.
 * (TypeScript 7 has no parser that a script may call.)
 */
export function importsOf(source: string): Import[] {
  const found: Import[] = [];
  const statement =
    /^(?:import|export)\s+(?:(type)\s+)?([^;'"`]*?)\s*\bfrom\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;
  for (const match of source.matchAll(statement)) {
    const [, type, clause = '', from, bare, dynamic] = match;
    const names = /\{([^}]*)\}/.exec(clause)?.[1];
    const named = names
      ?.split(',')
      .map(part => part.trim())
      .filter(part => part !== '')
      .map(part => ({
        name: part.replace(/^type\s+/, '').split(/\s+as\s+/)[0]!,
        type: type !== undefined || part.startsWith('type '),
      }));
    found.push({
      line: source.slice(0, match.index).split('\n').length,
      names: named,
      from: (from ?? bare ?? dynamic)!,
      typeOnly:
        type !== undefined || (named !== undefined && named.length > 0 && named.every(name => name.type)),
    });
  }
  return found;
}

function withoutTextAndComments(source: string): string {
  const blank = (text: string) => text.replace(/[^\n]/g, ' ');
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, blank);
}
