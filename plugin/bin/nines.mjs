#!/usr/bin/env node
// Finds the nines program and becomes it. An installed plugin is a copy of the plugin's folder alone, so the program
// is looked for: where NINES_HOME says, beside this folder (a clone), where the marketplace that the plugin came from
// lies, and on the PATH. Plain JavaScript: it must run on any Node.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);

/** Folders that may be a clone of Nines, likeliest first. */
function* clones() {
  if (process.env.NINES_HOME) yield process.env.NINES_HOME;
  yield resolve(here, '..');
  // .../plugins/cache/MARKETPLACE/PLUGIN/VERSION: the list of marketplaces lies in .../plugins.
  try {
    const known = JSON.parse(readFileSync(resolve(here, '../../../../known_marketplaces.json'), 'utf8'));
    for (const { installLocation } of Object.values(known))
      if (typeof installLocation === 'string') yield installLocation;
  } catch {
    // Not installed from a marketplace, or a client that keeps its list elsewhere.
  }
}

function isNines(folder) {
  try {
    return (
      JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name === 'nines' &&
      existsSync(join(folder, 'bin', 'nines'))
    );
  } catch {
    return false;
  }
}

function onPath() {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map(folder => join(folder, 'nines'))
    .find(file => existsSync(file));
}

const clone = [...clones()].find(isNines);
if (clone !== undefined && !existsSync(join(clone, 'node_modules'))) {
  console.error(`Nines is at ${clone}, and its dependencies are not installed. Run there: npm install`);
  process.exit(1);
}
const program = clone === undefined ? onPath() : join(clone, 'bin', 'nines');
if (program === undefined) {
  console.error(
    'The nines program is not found. Put nines on the PATH, or set NINES_HOME to a clone of Nines.',
  );
  process.exit(1);
}

// `npm start` keeps its data in the clone: while that server runs, it is the one that is meant.
const env = { ...process.env };
const started = clone === undefined ? undefined : join(clone, '.nines', 'server');
if (started !== undefined && !env.NINES_DATA && !env.NINES_SERVER && existsSync(join(started, 'server.json')))
  env.NINES_DATA = started;

const child = spawn(program, args, { stdio: 'inherit', env });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', error => {
  console.error(`${program} could not be run: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
