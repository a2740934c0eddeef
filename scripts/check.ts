// `npm run check`: format and lint, types, arrows, dead code, generated files. One table of results, one exit code.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkArrows } from './arrows.ts';
import { EDGES } from './edges.ts';
import { readSources } from './sources.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name: string) => join(root, 'node_modules', '.bin', name);

interface Outcome {
  ok: boolean;
  output: string;
}
interface Step {
  name: string;
  says: string;
  run(): Promise<Outcome>;
}

const steps: readonly Step[] = [
  { name: 'biome', says: 'format and lint', run: () => command(bin('biome'), ['ci', '--colors=off', '.']) },
  {
    name: 'types',
    says: 'TypeScript, strict',
    run: () => command(bin('tsc'), ['--noEmit', '-p', 'tsconfig.json']),
  },
  {
    name: 'types-web',
    says: 'TypeScript, the console',
    run: () => command(bin('tsc'), ['--noEmit', '-p', 'web/tsconfig.json']),
  },
  { name: 'arrows', says: 'rooms, faces, cycles, purity', run: arrows },
  { name: 'knip', says: 'dead code and dependencies', run: () => command(bin('knip'), ['--no-progress']) },
  {
    name: 'generated',
    says: 'reference pages up to date',
    run: () => command(process.execPath, ['scripts/gen.ts', '--check']),
  },
];

const { positionals } = parseArgs({ allowPositionals: true });
const unknown = positionals.filter(name => !steps.some(step => step.name === name));
if (unknown.length > 0) {
  console.error(`No check '${unknown.join("', '")}'. Checks: ${steps.map(step => step.name).join(', ')}.`);
  process.exit(2);
}
const chosen = positionals.length === 0 ? steps : steps.filter(step => positionals.includes(step.name));

const results: { step: Step; ok: boolean; seconds: number }[] = [];
for (const step of chosen) {
  const started = performance.now();
  const { ok, output } = await step.run();
  results.push({ step, ok, seconds: (performance.now() - started) / 1000 });
  if (!ok)
    console.log(`── ${step.name} ${'─'.repeat(Math.max(0, 76 - step.name.length))}\n${output.trim()}\n`);
}
for (const { step, ok, seconds } of results)
  console.log(
    `${ok ? 'ok  ' : 'FAIL'}  ${step.name.padEnd(10)} ${step.says.padEnd(32)} ${seconds.toFixed(1).padStart(6)} s`,
  );
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;

async function arrows(): Promise<Outcome> {
  const found = checkArrows(readSources(root, ['src', 'web']), EDGES);
  const lines = found.map(({ file, line, message }) => `${file}:${line}: ${message}`);
  return { ok: found.length === 0, output: lines.join('\n') };
}

function command(file: string, args: readonly string[]): Promise<Outcome> {
  return new Promise(resolve => {
    const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = (chunk: Buffer) => {
      output += chunk;
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', error => resolve({ ok: false, output: `${file} could not be run: ${error.message}` }));
    child.on('close', code => resolve({ ok: code === 0, output }));
  });
}
