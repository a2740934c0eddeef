import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { Command } from 'commander';
import { Fault } from '../../kernel/index.ts';
import { noteOperations, notesApp } from '../testing.ts';
import { type CliOptions, Exit, runCli } from './cli.ts';
import { wrapFault } from './terminal.ts';

function cli(extra: Partial<CliOptions> = {}, { tty = false, env = {} as Record<string, string> } = {}) {
  const app = notesApp();
  const connected: unknown[] = [];
  const run = async (line: string | string[]) => {
    const out = { stdout: '', stderr: '' };
    const sink = (name: 'stdout' | 'stderr') => {
      const stream = new PassThrough();
      stream.on('data', chunk => {
        out[name] += chunk;
      });
      return Object.assign(stream, { isTTY: tty, columns: 80 });
    };
    const code = await runCli(typeof line === 'string' ? line.split(' ').filter(word => word !== '') : line, {
      operations: noteOperations,
      version: '1.2.3',
      connect: async flags => {
        connected.push(flags);
        return {
          caller: (name, input, options) =>
            app.call(noteOperations.find(operation => operation.name === name)!, input, {
              principal: { name: 'me', kind: 'person', role: 'admin' },
              surface: 'cli',
              ...options,
            }),
          close: async () => {},
        };
      },
      terminal: { stdout: sink('stdout'), stderr: sink('stderr'), env },
      now: () => Date.parse('2026-01-27T03:00:00.000Z'),
      ...extra,
    });
    return { code, ...out };
  };
  return { ...app, run, connected };
}

test('an error on a terminal keeps to its width under its own indent, and to one line in a pipe', async () => {
  const long = `${'word '.repeat(30)}end`;
  const line = ['note', 'break', `--${long.replaceAll(' ', '-')}`];
  const shown = stripVTControlCharacters((await cli({}, { tty: true }).run(line)).stderr);
  assert.match(shown, /^error: Unknown option/);
  const piped = (await cli().run(line)).stderr;
  assert.equal(piped.split('\n').length, 3);
  assert.equal(
    wrapFault(`error: ${long}\n  level:error (${long}\n               ^\n  → ${long}`, 80),
    [
      'error: word word word word word word word word word word word word word word',
      '  word word word word word word word word word word word word word word word',
      '  word end',
      `  level:error (${long}`,
      '               ^',
      '  → word word word word word word word word word word word word word word word',
      '    word word word word word word word word word word word word word word word',
      '    end',
    ].join('\n'),
  );
});

test('an answer is text for people, and JSON with --json wherever the flag stands', async () => {
  const { run } = cli();
  assert.deepEqual(await run(['note', 'keep', 'disk full', '--tags', 'a', '--tags', 'b']), {
    code: 0,
    stdout: 'Kept note 1.\n',
    stderr: '',
  });
  for (const line of ['--json note get 1', 'note --json get 1', 'note get 1 --json'])
    assert.deepEqual(JSON.parse((await run(line)).stdout), {
      id: 1,
      text: 'disk full',
      tags: ['a', 'b'],
      at: '2026-01-27T03:00:00.000Z',
    });
  assert.deepEqual(JSON.parse((await run('note latest')).stdout).id, 1);
});

test('flags are read by the type that each input has, and times from now', async () => {
  const { run, notes } = cli();
  const result = await run(
    'note list --tag a --tag b --limit 3 --min-score -1.5 --pinned --since -15m --order oldest',
  );
  assert.equal(result.code, 0, result.stderr);
  await run('note list --no-pinned --since 2026-01-27');
  assert.deepEqual(
    notes.seen.map(call => call.input),
    [
      {
        tag: ['a', 'b'],
        limit: 3,
        minScore: -1.5,
        pinned: true,
        since: '2026-01-27T02:45:00.000Z',
        order: 'oldest',
      },
      { pinned: false, since: '2026-01-27T00:00:00.000Z' },
    ],
  );
});

for (const [line, code, expected] of [
  ['note lst', 2, "error: note has no verb 'lst'.\n  → Did you mean list?\n"],
  ['nota list', 2, "error: Unknown command 'nota'.\n  → Did you mean note?\n"],
  ['--data elsewhere note lst', 2, "error: note has no verb 'lst'.\n  → Did you mean list?\n"],
  ['help noet', 3, 'Did you mean note?'],
  ['note list --limt 3', 2, "error: Unknown option '--limt'.\n  → Did you mean --limit?\n"],
  ['note get 9', 3, 'error: There is no note 9.\n  → nines note list shows them.\n'],
  ['help nothing', 3, "error: There is no command or topic 'nothing'."],
  ['note get', 2, "error: Missing required argument 'id'."],
  ['note get 1 2', 2, 'error: Too many arguments'],
  ['note list --limit', 2, "error: Option '--limit <number>' argument missing."],
  ['note list --limit many', 2, '  limit: expected a number, got text'],
  ['note list --order up', 2, 'Allowed choices are newest, oldest.'],
  ['note list --since -15q', 2, "error: '15q' is not a duration."],
  ['note break overloaded', 6, 'error: Too many notes.'],
  ['note break defect', 1, 'error: Something in Nines itself failed'],
] as const)
  test(`'nines ${line}' is one clear error with exit code ${code}`, async () => {
    const { run } = cli();
    const result = await run(line);
    assert.equal(result.code, code);
    assert.equal(result.stdout, '');
    assert.ok(result.stderr.includes(expected), result.stderr);
  });

test('with --json an error is one line of JSON on standard error, and standard output stays empty', async () => {
  const { run } = cli();
  for (const line of ['note get 9 --json', 'note lst --json', 'note list --json --limt 3']) {
    const { stdout, stderr } = await run(line);
    assert.equal(stdout, '');
    assert.equal(stderr.trimEnd().split('\n').length, 1);
    assert.ok((JSON.parse(stderr) as { error: { message: string } }).error.message.length > 0);
  }
});

test('a defect shows where it comes from only when asked', async () => {
  assert.doesNotMatch((await cli().run('note break defect')).stderr, /hunter2/);
  assert.match((await cli({}, { env: { NINES_DEBUG: '1' } }).run('note break defect')).stderr, /hunter2/);
});

test('help teaches: rooms, verbs, flags, examples, exit codes, and only what exists', async () => {
  const { run } = cli();
  const root = await run('--help');
  assert.equal(root.code, 0);
  assert.match(root.stdout, /note {2}get, list, keep/);
  assert.doesNotMatch(root.stdout, /nines:slo|nines serve/);
  assert.match((await run('')).stdout + (await run('')).stderr, /Usage: nines <room> <verb>/);
  const room = await run('note --help');
  assert.match(room.stdout, /keep <text> +Keep a note\./);
  const leaf = await run('note list --help');
  assert.match(leaf.stdout, /--tag <text> +Only notes with all these words \(may be repeated\)/);
  assert.match(leaf.stdout, /newest, oldest; default newest/);
  assert.match(leaf.stdout, /nines note list --tag disk --tag urgent/);
  assert.equal((await run('help note list')).stdout, leaf.stdout);
  assert.match((await run('help exit-codes')).stdout, /^ {4}3 {2}not_found/m);
  for (const page of [root, room, leaf])
    for (const text of page.stdout.split('\n')) assert.ok(text.length <= 80, text);
});

test('a verb of a room that is no operation has examples, as others have', async () => {
  const verb = () =>
    new Command('follow')
      .description('Follow notes')
      .argument('[query]', 'Which')
      .action(() => {});
  const example = 'nines note follow disk';
  const ask = (line: string) => cli({ verbs: { note: [verb()] }, examples: { follow: [example] } }).run(line);
  for (const line of ['note follow --help', 'note --help']) {
    const { stdout } = await ask(line);
    assert.match(stdout, /Examples\n[\s\S]*nines note follow disk/);
  }
});

test('a command that is not on the command line is not there', async () => {
  const hidden = noteOperations.map(operation =>
    operation.name === 'note.burn' ? { ...operation, hidden: { cli: 'it is dangerous' } } : operation,
  );
  const { run } = cli({ operations: hidden });
  assert.doesNotMatch((await run('note --help')).stdout, /burn/);
  assert.equal((await run('note burn 1')).code, 2);
});

test('global flags and the environment reach whoever connects', async () => {
  const { run, connected } = cli();
  await run('note list --data /data --server http://x:1 --token t --as ops');
  assert.deepEqual(
    connected,
    [{ data: '/data', server: 'http://x:1', token: 't', as: 'ops', color: true }].map(flags => ({
      ...(connected[0] as object),
      ...flags,
    })),
  );
});

test('a connection is closed also after a failure, and a failure to connect is told', async () => {
  let closed = 0;
  const failing = cli({
    connect: async () => ({
      caller: async () => Promise.reject(new Fault('denied', 'No.')),
      close: async () => void closed++,
    }),
  });
  assert.equal((await failing.run('note list')).code, 4);
  assert.equal(closed, 1);
  const away = cli({ connect: async () => Promise.reject(new Fault('unavailable', 'Nothing answers.')) });
  assert.equal((await away.run('note list')).code, 6);
});

test('other commands have the global flags, our errors, and exit codes of their own', async () => {
  let seen: unknown;
  const drill = new Command('drill')
    .description('Break the shop')
    .argument('<name>')
    .option('--once', 'One time')
    .action((_name, _options, command: Command) => {
      seen = command.optsWithGlobals();
      throw new Exit(7);
    });
  const { run } = cli({ commands: [drill], aliases: { keep: 'note.keep', note: 'note.list' } });
  assert.equal((await run('drill bad --once --json')).code, 7);
  assert.deepEqual(seen, { once: true, json: true, color: true });
  const wrong = await run('drill bad --onec');
  assert.equal(wrong.code, 2);
  assert.equal(wrong.stderr, "error: Unknown option '--onec'.\n  → Did you mean --once?\n");
  assert.match((await run('drill --help')).stdout, /Usage: nines drill/);
  assert.equal((await run(['keep', 'x'])).stdout, 'Kept note 1.\n');
  assert.equal((await run('note')).stdout, '1  x\n');
});

test('text from systems cannot steer the terminal', async () => {
  const { run } = cli();
  await run(['note', 'keep', 'a\x1b[2J\x1b]0;owned\x07b\u009b31mc\rd']);
  const { stdout } = await run('note get 1');
  for (const character of ['\x1b', '\x07', '\r', '\u009b']) assert.ok(!stdout.includes(character));
  const json = (await run('note get 1 --json')).stdout;
  for (const character of ['\x1b', '\x07', '\r', '\u009b']) assert.ok(!json.includes(character));
  assert.ok(
    (JSON.parse(json) as { text: string }).text.includes('\u009b31mc'),
    'as JSON it is kept, escaped',
  );
});

test('colour is for terminals, and never against NO_COLOR or --no-color', async () => {
  const coloured = async (line: string, options: Parameters<typeof cli>[1]) =>
    (await cli({}, options).run(line)).stdout.includes('\x1b[');
  assert.equal(await coloured('--help', { tty: true }), true);
  assert.equal(await coloured('--help', {}), false);
  assert.equal(await coloured('--help', { tty: true, env: { NO_COLOR: '1' } }), false);
  assert.equal(await coloured('--help --no-color', { tty: true }), false);
});

test('a reader that goes away is no error', async () => {
  const gone = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  });
  const { run } = cli({ terminal: { stdout: gone, stderr: gone, env: {} } });
  assert.equal((await run('note list')).code, 0);
});
