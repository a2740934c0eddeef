// `npm run gen`: writes docs/reference/ from the registry, the kinds and the configuration's schema, and the console's routes.
// With --check it writes nothing, and fails if a page is not what it would write.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { Config } from '../src/config.ts';
import { kinds } from '../src/kinds.ts';
import { operations } from '../src/operations.ts';
import { partsOf } from '../src/surfaces/field.ts';
import { version } from '../src/version.ts';
import { consoleRoutes } from './console-routes.ts';
import { referencePages } from './reference.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'docs', 'reference');
const { check } = parseArgs({ options: { check: { type: 'boolean', default: false } } }).values;

const pages = referencePages({
  operations,
  kinds,
  config: Config,
  version,
  commandPages: await commandPages(),
});
const stale = [...pages].filter(
  ([path, text]) => !existsSync(join(folder, path)) || readFileSync(join(folder, path), 'utf8') !== text,
);
const present = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
const left = present
  .filter(entry => entry.isFile())
  .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
  .filter(path => !pages.has(path));

const routesFile = 'web/src/routes.gen.ts';
const routes = consoleRoutes(operations);
const staleRoutes =
  !existsSync(join(root, routesFile)) || readFileSync(join(root, routesFile), 'utf8') !== routes;

if (check) {
  if (staleRoutes) console.log(`${routesFile} is not up to date.`);
  for (const [path] of stale) console.log(`docs/reference/${path} is not up to date.`);
  for (const path of left) console.log(`docs/reference/${path} is made by nothing any more.`);
  if (staleRoutes || stale.length + left.length > 0) {
    console.log('Run: npm run gen');
    process.exitCode = 1;
  }
} else {
  if (staleRoutes) writeFileSync(join(root, routesFile), routes);
  for (const [path, text] of stale) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  for (const path of left) rmSync(join(folder, path));
  console.log(`docs/reference: ${pages.size} pages, ${stale.length} written, ${left.length} removed.`);
}

/** Help as the program itself prints it, for what is not in the registry: the first page, `serve`, `mcp`, the topics. */
async function commandPages(): Promise<{ title: string; text: string }[]> {
  const first = await printed(['--help']);
  const rooms = new Set(operations.map(operation => partsOf(operation).room));
  const others = /^Other commands\n((?: .*\n)+)/m.exec(first)?.[1] ?? '';
  const names = [...others.matchAll(/^ {2}(\S+)/gm)]
    .map(([, name]) => name!)
    .filter(name => !rooms.has(name));
  const topics = [...first.matchAll(/^ {2}nines (help \S+)/gm)].map(([, words]) => words!.split(' '));
  const wanted = [...names.map(name => [name, '--help']), ...topics];
  const texts = await Promise.all(wanted.map(printed));
  const rest = wanted.map((words, i) => ({
    title: `nines ${words.filter(word => word !== '--help').join(' ')}`,
    text: texts[i]!,
  }));
  return [{ title: 'nines', text: first }, ...rest];
}

async function printed(args: readonly string[]): Promise<string> {
  const env = { PATH: process.env.PATH ?? '', NO_COLOR: '1' };
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'src', 'main.ts'), ...args], {
    env,
  });
  return stdout;
}
