// `npm test [-- FILTER…]`: all tests, two files at a time (those of the whole example system alone, and first). A filter is a part of a file's path.
// What begins with a dash, and all after it, goes to Node's test runner as it is (--test-name-pattern=…).
import { type ChildProcess, spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['src', 'examples', 'test', 'scripts', 'web/src', 'bench'];
const CONCURRENCY = 2;
/** For one test; those that run longer say so themselves. */
const TIMEOUT_MS = 180_000;

const args = process.argv.slice(2);
const dashed = args.findIndex(arg => arg.startsWith('-'));
const filters = dashed < 0 ? args : args.slice(0, dashed);
const options = dashed < 0 ? [] : args.slice(dashed);

const files = FOLDERS.flatMap(folder =>
  globSync(`${folder}/**/*.test.ts`, { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] }),
)
  .filter(file => filters.length === 0 || filters.some(filter => file.includes(filter)))
  .toSorted();
if (files.length === 0) {
  console.error(`No test file's path contains '${filters.join("' or '")}'.`);
  process.exit(2);
}

/** Tests of the whole example system: their times mean something only when nothing else runs beside them. */
const ALONE = ['test/integration/drill.test.ts', 'test/integration/shop.test.ts'];

let running: ChildProcess | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => running?.kill(signal));

/** Runs some files and gives the runner's exit code. */
function run(some: readonly string[], concurrency: number): Promise<number> {
  return new Promise(resolve => {
    running = spawn(
      process.execPath,
      ['--test', `--test-concurrency=${concurrency}`, `--test-timeout=${TIMEOUT_MS}`, ...options, ...some],
      { cwd: root, stdio: 'inherit' },
    );
    running.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}

const alone = files.filter(file => ALONE.includes(file));
const together = files.filter(file => !ALONE.includes(file));
const codes: number[] = [];
for (const file of alone) codes.push(await run([file], 1));
if (together.length > 0) codes.push(await run(together, CONCURRENCY));
process.exitCode = Math.max(...codes);
