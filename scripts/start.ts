/**
 * `npm start`: Nines and the example system to look after, in one terminal.
 *
 *   npm start                                     the shop, its load, the server and the console
 *   npm start -- --drill bad-release --once       run a drill unattended, then stop everything
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const shop = join(root, 'examples', 'shop');
const OWN_DATA = join(root, '.nines', 'server');
const { values: flags } = parseArgs({
  options: {
    drill: { type: 'string' },
    once: { type: 'boolean', default: false },
    data: { type: 'string', default: OWN_DATA },
    listen: { type: 'string', default: '127.0.0.1:4800' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  console.log('npm start [-- --drill NAME] [--once] [--data DIR] [--listen HOST:PORT] [--json]');
  process.exit(0);
}

const url = `http://${flags.listen}`;
const logs = join(root, '.nines', 'logs');
const children: { name: string; child: ChildProcess }[] = [];
const began = Date.now();
/** As the shop's configuration has it (alerting.warmUp), and a little more. */
const WARM_UP_MS = 65_000;
let stopping = false;

/** Starts a process of the example, its output in a file; an unexpected end ends everything, and says why. */
function run(name: string, args: string[], onExit?: () => void): ChildProcess {
  const file = join(logs, `${name}.log`);
  // The output of the run before stays beside it, so that two runs are the most that is kept.
  if (existsSync(file)) renameSync(file, `${file}.1`);
  const out = createWriteStream(file, { flags: 'a' });
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(out, { end: false });
  child.stderr.pipe(out, { end: false });
  children.push({ name, child });
  child.on('exit', (code, signal) => {
    children.splice(
      children.findIndex(one => one.child === child),
      1,
    );
    if (stopping) return;
    if (onExit !== undefined) return onExit();
    say(`${name} ended by itself (${signal ?? `code ${code}`}). Its last lines, from ${file}:`);
    say(lastLines(file));
    void stop(1);
  });
  return child;
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .slice(-8)
      .map(line => `    ${line.slice(0, 400)}`)
      .join('\n');
  } catch {
    return '    (nothing was written)';
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function step(text: string): void {
  say(`[${String(Math.round((Date.now() - began) / 1000)).padStart(3)} s] ${text}`);
}

async function stop(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  if (children.length > 0) step('Stopping the shop and the server …');
  // Load first, so that stopping services are not measured; the server stops the services that it runs.
  for (const name of ['cli', 'load', 'server', 'database']) {
    for (const one of children.filter(each => each.name === name)) await ended(one.child);
  }
  process.exit(code);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 40_000);
  await gone;
  clearTimeout(timer);
}

async function get(path: string): Promise<{ ok: boolean; body: unknown }> {
  try {
    const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(5000) });
    return { ok: response.ok, body: await response.json().catch(() => undefined) };
  } catch {
    return { ok: false, body: undefined };
  }
}

/** Replicas share their port, so that a second shop would start beside a first one and take half of its requests. */
const SHOP_PORTS: [number, string][] = [
  [4811, 'gateway'],
  [4812, 'auth'],
  [4813, 'payments'],
  [4814, 'database'],
  [4815, 'load'],
];

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function until(
  what: string,
  seconds: number,
  reached: () => Promise<boolean>,
  everyMs = 300,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!stopping) {
    if (await reached()) return;
    if (Date.now() > deadline)
      throw new Error(`${what} was not reached within ${seconds} s. Logs are in ${logs}.`);
    await new Promise(resolve => setTimeout(resolve, everyMs));
  }
}

/** Runs the CLI against the running server and gives its exit code. Only what was asked for goes to standard output. */
function nines(args: string[], { quiet = false } = {}): Promise<number> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, [join(root, 'src', 'main.ts'), '--server', url, ...args], {
      cwd: root,
      stdio: ['ignore', quiet ? 2 : 'inherit', 'inherit'],
    });
    children.push({ name: 'cli', child });
    child.on('exit', code => resolve(code ?? 1));
  });
}

function startServer(): void {
  const args = [join(root, 'src', 'main.ts'), 'serve', '--data', flags.data, '--listen', flags.listen];
  run('server', [...args, '--config', join(shop, 'nines.yaml')], () => {
    // A killed server must not end the example: that it goes on where it stopped is one of the things to see.
    step('The server ended by itself; starting it again on the same data.');
    setTimeout(() => {
      if (!stopping) startServer();
    }, 1000);
  });
}

interface SloList {
  slos: { objective: string; state: string }[];
}

async function main(): Promise<number> {
  mkdirSync(logs, { recursive: true });
  if ((await get('/healthz')).ok)
    throw new Error(`Something answers at ${url} already. Stop it, or choose another address with --listen.`);

  for (const [port, what] of SHOP_PORTS)
    if (await answers(port))
      throw new Error(
        `Port ${port}, where the shop's ${what} goes, is taken: perhaps by a shop that is left from before. Stop what listens there.`,
      );
  // A drill that runs unattended begins anew; a folder that somebody named holds what is theirs.
  if (flags.once && flags.data === OWN_DATA) rmSync(flags.data, { recursive: true, force: true });

  step('Starting PostgreSQL with the orders of the shop (a million rows; made once) and the server …');
  let databaseReady = false;
  const database = run('database', [
    join(shop, 'database.ts'),
    '--data',
    join(root, '.nines', 'shop', 'postgres'),
    '--stop-with-parent',
  ]);
  database.stdout?.on('data', (chunk: Buffer) => {
    if (chunk.toString().includes('database ready')) databaseReady = true;
  });
  startServer();
  await until('A ready database', 120, async () => databaseReady);
  await until('A ready server', 60, async () => (await get('/readyz')).ok);

  step('Applying the shop’s reliability as code; the server brings up gateway, auth and payments …');
  const applied = await nines(['apply', join(shop, 'reliability')], { quiet: true });
  if (applied !== 0) return applied;
  await until('A shop that answers', 60, async () => {
    const platform = (await get('/api/v1/platform')).body as
      | { services?: { instances: { healthy: boolean }[] }[] }
      | undefined;
    return (
      (platform?.services ?? []).length >= 3 &&
      platform!.services!.every(one => one.instances.some(each => each.healthy))
    );
  });

  step('Sending traffic: browse, log in, check out …');
  run('load', [join(shop, 'load.ts'), '--stop-with-parent']);
  const trafficSince = Date.now();
  let slos: SloList['slos'] = [];
  const known = async () => {
    slos = ((await get('/api/v1/slos')).body as SloList | undefined)?.slos ?? [];
    return slos.length > 0 && slos.every(slo => slo.state !== 'no_data');
  };
  await until('Data for every SLO', 90, known, 2_000);
  // On data from before, what was spent then is still spent: that is said, and is no reason not to start.
  const notGreen = slos.filter(slo => slo.state !== 'ok');
  step(
    notGreen.length === 0
      ? 'The SLOs are green.'
      : `The SLOs have data; not green, from before: ${notGreen.map(slo => `${slo.objective} (${slo.state.replace('_', ' ')})`).join(', ')}.`,
  );

  if (flags.drill !== undefined) {
    step('Letting the objectives see a minute of traffic: what is new does not page at once …');
    await until('A minute of traffic', 120, async () => Date.now() - trafficSince > WARM_UP_MS);
    const code = await nines(['drill', flags.drill, ...(flags.json ? ['--json'] : [])]);
    if (flags.once) return code;
  } else if (flags.once) return 0;

  say(`
  Nines looks after the shop. Open  ${url}

  Try next, in another terminal:
    bin/nines --help
    bin/nines slo list
    bin/nines drill bad-release      a bad release, and what Nines does about it
    bin/nines incident list

  Logs of every process are in .nines/logs. Ctrl-C stops everything.
`);
  await new Promise(() => {});
  return 0;
}

process.on('SIGINT', () => void stop(130));
process.on('SIGTERM', () => void stop(143));
process.on('SIGHUP', () => void stop(129));
main().then(
  code => stop(code),
  error => {
    say(`\n${error instanceof Error ? error.message : String(error)}`);
    void stop(1);
  },
);
