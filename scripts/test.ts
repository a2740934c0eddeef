// `npm test [-- FILTER…]`: all tests, two files at a time. A filter is a part of a file's path.
// What begins with a dash, and all after it, goes to Node's test runner as it is (--test-name-pattern=…).
import { spawn } from 'node:child_process';
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

const runner = spawn(
  process.execPath,
  ['--test', `--test-concurrency=${CONCURRENCY}`, `--test-timeout=${TIMEOUT_MS}`, ...options, ...files],
  { cwd: root, stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => runner.kill(signal));
runner.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
});
