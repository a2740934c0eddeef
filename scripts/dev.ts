// `npm run dev`: the server, started anew when a source changes, and the console from Vite with hot reload beside it.
// Options are passed on to `nines serve`.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const data = join(root, '.nines', 'dev');
const args = process.argv.slice(2);
const serve = [
  '--watch-path=src',
  '--watch-preserve-output',
  'src/main.ts',
  'serve',
  '--data',
  data,
  ...args,
];
const vite = [join(root, 'node_modules', 'vite', 'bin', 'vite.js'), 'web'];

const children: ChildProcess[] = [serve, vite].map(each =>
  spawn(process.execPath, each, { cwd: root, stdio: 'inherit' }),
);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    for (const child of children) child.kill(signal);
  });
for (const child of children)
  child.on('exit', code => {
    process.exitCode = code ?? 1;
    for (const other of children) other.kill('SIGTERM');
  });
