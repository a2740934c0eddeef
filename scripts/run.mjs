#!/usr/bin/env node
// Runs one of the project's tasks after doing all the set-up it needs, on whatever Node is there:
// installs the dependencies (which bring the pinned Node), then hands over to that Node.
// Plain JavaScript on purpose: this file must run on a Node that cannot run TypeScript.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamps = join(root, 'node_modules', '.nines');
const bin = join(root, 'node_modules', '.bin');
const [task = 'start', ...args] = process.argv.slice(2);

const tasks = {
  start: { needs: ['install', 'console'], run: ['scripts/start.ts'] },
  test: { needs: ['install', 'console'], run: ['scripts/test.ts'] },
  dev: { needs: ['install', 'console'], run: ['scripts/dev.ts'] },
  check: { needs: ['install'], run: ['scripts/check.ts'] },
  gen: { needs: ['install'], run: ['scripts/gen.ts'] },
  bench: { needs: ['install'], run: ['bench/main.ts'] },
  build: { needs: ['install', 'console'], run: [] },
  setup: { needs: ['install', 'console'], run: [] },
};

const setup = {
  install: {
    says: 'Installing dependencies (once; about a minute)',
    inputs: ['package.json', 'package-lock.json'],
    done: () => existsSync(join(bin, 'node')) && existsSync(join(root, 'node_modules', 'zod')),
    // Not `npm ci`: it refuses a lock file from which a registry that lacks a platform's optional binary made npm leave it out.
    command: ['npm', 'install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'],
  },
  console: {
    says: 'Building the web console (once a change)',
    inputs: ['package-lock.json', 'web'],
    done: () => existsSync(join(root, 'web', 'dist', 'index.html')),
    command: [
      join(bin, 'node'),
      join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
      'build',
      'web',
      '--logLevel',
      'warn',
    ],
  },
};

/** A digest of files and folders by content, so that a second run costs nothing. */
function digest(paths) {
  const hash = createHash('sha256');
  const add = path => {
    const full = join(root, path);
    if (!existsSync(full)) return;
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort())
        if (name !== 'dist' && name !== 'node_modules') add(join(path, name));
    } else {
      hash.update(path).update(readFileSync(full));
    }
  };
  for (const path of paths) add(path);
  return hash.digest('hex');
}

function prepare(name) {
  const step = setup[name];
  if (!step) throw new Error(`no set-up step ${name}`);
  const stamp = join(stamps, name);
  const wanted = digest(step.inputs);
  if (step.done() && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const started = Date.now();
  process.stderr.write(`${step.says} …\n`);
  const [command, ...rest] = step.command;
  const result = spawnSync(command, rest, { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) {
    process.stderr.write(
      `\n${step.says} failed: ${result.error?.message ?? `exit code ${result.status}`}.\n`,
    );
    process.stderr.write(
      `Ran: ${step.command.join(' ')}\nMend what it says above, then run the same command again.\n`,
    );
    process.exit(1);
  }
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, wanted);
  process.stderr.write(`  done in ${Math.round((Date.now() - started) / 1000)} s\n`);
}

const chosen = tasks[task];
if (!chosen) {
  process.stderr.write(`No task '${task}'. Tasks: ${Object.keys(tasks).join(', ')}.\n`);
  process.exit(2);
}
for (const need of chosen.needs) prepare(need);
if (chosen.run.length > 0) {
  const child = spawn(join(bin, 'node'), [...chosen.run, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
}
