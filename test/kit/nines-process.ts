/** Nines as its users meet it: the program itself, in processes of its own, with an environment of its own. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** Compiled sources are kept between processes, as bin/nines does. */
const COMPILED = join(tmpdir(), 'nines-test-compiled');
/** Generous, as the machine may be busy; what a test is about has its own bound. */
const COMMAND_MS = 60_000;
const READY_MS = 60_000;

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  /** Flags for Node itself, before the program. */
  nodeFlags?: readonly string[];
  /** What runs the program, as `['setpriv', '--reuid=65534']`; nothing if absent. */
  before?: readonly string[];
}

/** Runs one command line to its end. */
export async function nines(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = start(args, options);
  let stdout = '';
  child.stdout?.on('data', chunk => {
    stdout += chunk;
  });
  const stderr = textOf(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS);
  const code = await new Promise<number | null>(resolve => child.once('close', resolve));
  clearTimeout(timer);
  return { code, stdout, stderr: stderr() };
}

export interface Server {
  url: string;
  pid: number;
  /** What it wrote so far. */
  stderr(): string;
  /** Sends a signal and waits for the end; how it ended, and after how many milliseconds. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; ms: number }>;
}

/** Runs `nines serve` on a free port of loopback and waits until it says that it is ready. */
export async function serve(args: readonly string[], options: RunOptions = {}): Promise<Server> {
  const child = start(['serve', '--listen', '127.0.0.1:0', ...args], options);
  const stderr = textOf(child);
  const ended = new Promise<number | null>(resolve => child.once('close', resolve));
  const url = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`not ready within ${READY_MS / 1000} s: ${stderr()}`));
    }, READY_MS);
    child.stderr?.on('data', () => {
      const found = /is ready at (\S+)/.exec(stderr())?.[1];
      if (found === undefined) return;
      clearTimeout(late);
      resolve(found);
    });
    void ended.then(code => {
      clearTimeout(late);
      reject(new Error(`ended with code ${code}: ${stderr()}`));
    });
  });
  return {
    url,
    pid: child.pid!,
    stderr,
    end: async signal => {
      const from = performance.now();
      child.kill(signal);
      return { code: await ended, ms: performance.now() - from };
    },
  };
}

/** A folder for one test, and what writes into it. */
export function workFolder(): { path: string; file(name: string, text: string): string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'nines-outside-'));
  return {
    path,
    file: (name, text) => {
      writeFileSync(join(path, name), text);
      return join(path, name);
    },
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Asks until the answer is the wanted one; fails with the last one. */
export async function until<T>(
  ask: () => Promise<T>,
  good: (answer: T) => boolean,
  withinMs = 30_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (good(answer)) return answer;
    if (performance.now() > deadline)
      throw new Error(`not within ${withinMs / 1000} s; last: ${JSON.stringify(answer)?.slice(0, 1000)}`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

/** One error sentence on standard error, its exit code, no stack, nothing on standard output. */
export function oneError(ran: Ran, code: number, says: RegExp): void {
  assert.equal(ran.code, code, ran.stderr);
  assert.match(ran.stderr, says);
  assert.equal(ran.stderr.match(/^error: /gm)?.length, 1, ran.stderr);
  assert.doesNotMatch(ran.stderr, /^\s+at /m);
  assert.equal(ran.stdout, '');
}

function start(args: readonly string[], { env = {}, nodeFlags = [], before = [] }: RunOptions): ChildProcess {
  const [command, ...rest] = [...before, process.execPath, ...nodeFlags, MAIN, ...args];
  const { PATH = '/usr/bin:/bin', TMPDIR } = process.env;
  return spawn(command!, rest, {
    env: {
      PATH,
      HOME: tmpdir(),
      NODE_COMPILE_CACHE: COMPILED,
      ...(TMPDIR === undefined ? {} : { TMPDIR }),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function textOf(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', chunk => {
    text += chunk;
  });
  return () => text;
}
