import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { logsOf } from '../kit/made-logs.ts';
import { nines, type Server, serve, until, workFolder } from '../kit/nines-process.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const work = workFolder();
const data = join(work.path, 'data');
let server: Server;

before(async () => {
  server = await serve(['--data', data]);
});
after(async () => {
  await server.end('SIGTERM').catch(() => {});
  work.remove();
});

async function send(severityText: string, body: string): Promise<void> {
  const response = await fetch(`${server.url}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(
      logsOf('payments', [
        {
          timeUnixNano: String(Date.now() * 1e6),
          severityText,
          body: { stringValue: body },
          traceId: 'ab'.repeat(16),
        },
      ]),
    ),
  });
  assert.equal(response.status, 200, await response.text());
}

/** `nines logs tail …` until it is ended. */
function tail(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, 'logs', 'tail', ...args, '--data', data], {
    env: {
      PATH: process.env.PATH ?? '',
      HOME: tmpdir(),
      NODE_COMPILE_CACHE: join(tmpdir(), 'nines-test-compiled'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', chunk => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', chunk => {
    stderr += chunk;
  });
  const ended = new Promise<number | null>(resolve => child.once('close', resolve));
  return { child, ended, stdout: () => stdout, stderr: () => stderr };
}

test('logs tail shows what arrives and agrees, safely, and ends cleanly on Ctrl-C', async () => {
  const followed = tail('level:error pool');
  await until(
    async () => followed.stderr(),
    text => /Following/.test(text),
  );
  await send('INFO', 'pool is fine');
  await send('ERROR', 'pool \u001b[31mexhausted\u001b[0m\r\n after 2500 ms');
  await until(
    async () => followed.stdout(),
    text => /trace:/.test(text),
  );
  followed.child.kill('SIGINT');
  assert.equal(await followed.ended, 0, followed.stderr());
  const lines = followed.stdout().trimEnd().split('\n');
  assert.match(lines[0]!, /^\d\d:\d\d:\d\d error payments: pool exhausted after 2500 ms$/);
  assert.match(lines[1]!, /^ +trace: nines traces show abab/);
  assert.equal(lines.length, 2);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
  assert.doesNotMatch(followed.stdout(), /[\u0000-\u0009\u000b-\u001f]/);
});

test('logs tail --json gives one record a line, and ends when its reader goes away', async () => {
  const followed = tail('--json', '--level', 'warn');
  // Nothing is said on standard error with --json: lines are sent until one arrives.
  await until(
    async () => {
      await send('WARN', 'slow');
      return followed.stdout();
    },
    text => text.includes('\n'),
  );
  const [first] = followed.stdout().split('\n');
  const { level, body, service } = JSON.parse(first!) as { level: string; body: string; service: string };
  assert.deepEqual([level, body, service], ['warn', 'slow', 'payments']);
  assert.equal(followed.stderr(), '');
  followed.child.stdout.destroy();
  await until(
    async () => {
      await send('WARN', 'slow');
      return followed.child.exitCode;
    },
    code => code !== null,
  );
  assert.equal(await followed.ended, 0);
});

test('a wrong query, and no server, is one clear error', async () => {
  const wrong = await nines(['logs', 'tail', 'level:eror', '--data', data]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /column 7: expected a level .*\n {2}level:eror\n {8}\^\n/);
  const away = await nines(['logs', 'tail', '--data', join(work.path, 'other')]);
  assert.equal(away.code, 6);
  assert.match(away.stderr, /No server runs on .*\n {2}→ .*nines serve/);
  const help = await nines(['logs', '--help']);
  assert.match(help.stdout, /tail .*Follow log records as they arrive/);
});

test('the stream over HTTP ends with the server, which ends at once', async () => {
  const response = await fetch(`${server.url}/api/v1/logs/tail?query=${encodeURIComponent('level:error')}`);
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  assert.equal((await fetch(`${server.url}/api/v1/logs/tail?query=(`)).status, 400);
  const reading = response.text().catch(() => 'cut off');
  await send('ERROR', 'last words');
  const { code, ms } = await server.end('SIGTERM');
  assert.equal(code, 0);
  assert.ok(ms < 10_000, `${ms} ms`);
  assert.match(await reading, /data: \{.*last words/);
});
