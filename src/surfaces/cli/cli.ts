import { Command, CommanderError, type Help, type HelpConfiguration, Option } from 'commander';
import { asFault, type Caller, Fault, messageOf, nearest } from '../../kernel/index.ts';
import { type Capability, partsOf } from '../field.ts';
import { addInputs, readInputs } from './flag.ts';
import { ROOMS, TOPICS } from './guide.ts';
import { commandHelp, type HelpStyle, operationHelp, roomHelp, rootHelp } from './help.ts';
import {
  createStyle,
  jsonText,
  printable,
  showProgress,
  type Terminal,
  widthOf,
  wrapFault,
} from './terminal.ts';

/** The flags that every command takes. */
export interface GlobalFlags {
  json: boolean;
  data?: string;
  server?: string;
  token?: string;
  /** The name to ask under, where the server trusts it. */
  as?: string;
  color: boolean;
}

export interface Connection {
  caller: Caller;
  close(): Promise<void>;
}

export interface CliOptions {
  operations: readonly Capability[];
  version: string;
  /** Finds the running server, or opens the data folder itself, for one operation. */
  connect(flags: GlobalFlags, operation: Capability): Promise<Connection>;
  /** Commands that are no operations, as `serve`. Their actions read the global flags with `optsWithGlobals()`. */
  commands?: readonly Command[];
  /** Verbs of a room that are no operations: `{ logs: [tail] }`. */
  verbs?: Readonly<Record<string, readonly Command[]>>;
  /** Examples of commands that are no operations, by their name. */
  examples?: Readonly<Record<string, readonly string[]>>;
  /** Reads what a person names where an operation takes files: a file, or the YAML files of a folder. */
  readFiles?: (path: string) => readonly { path: string; text: string }[];
  /** Short forms: `{ check: 'catalog.check' }`. A room's own name makes that verb the room's default. */
  aliases?: Readonly<Record<string, string>>;
  terminal?: Terminal;
  now?: () => number;
}

/** Thrown by a command that is no operation, to end with a code of its own after it has said why. */
export class Exit extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** Runs one command line (without the program's own name). Gives the exit code; never throws, never exits. */
export async function runCli(argv: readonly string[], options: CliOptions): Promise<number> {
  const terminal = options.terminal ?? { stdout: process.stdout, stderr: process.stderr, env: process.env };
  quietPipes(terminal);
  try {
    const program = createProgram(options, terminal, !argv.includes('--no-color'));
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (thrown) {
    if (thrown instanceof Exit) return thrown.code;
    if (thrown instanceof CommanderError) {
      if (thrown.code === 'commander.version' || thrown.code === 'commander.helpDisplayed') return 0;
      if (thrown.code === 'commander.help')
        return thrown.exitCode === 0 ? 0 : new Fault('invalid', '').exitCode;
    }
    const fault =
      thrown instanceof CommanderError ? usageFault(thrown, argv, options.operations) : asFault(thrown);
    writeFault(fault, thrown, argv, terminal);
    return fault.exitCode;
  }
}

/** The whole command tree. Also what the reference pages are made from. */
export function createProgram(options: CliOptions, terminal: Terminal, color = true): Command {
  const { operations, aliases = {} } = options;
  const style = createStyle(terminal.stdout, { env: terminal.env, color });
  const helpStyle: HelpStyle = { title: text => style('bold', text), width: widthOf(terminal.stdout) };
  const program = new Command('nines')
    .helpOption('-h, --help', 'Show help')
    .version(options.version, '-V, --version', 'Show the version')
    .option('--json', 'Answer with JSON')
    .addOption(new Option('--data <dir>', 'Data folder').env('NINES_DATA'))
    .addOption(new Option('--server <url>', 'Use the server at this address').env('NINES_SERVER'))
    .addOption(new Option('--token <token>', 'Token for that server').env('NINES_TOKEN'))
    .option('--as <name>', 'Ask under this name, where the server trusts its callers')
    .option('--no-color', 'No colour')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: text => terminal.stdout.write(text),
      writeErr: text => terminal.stderr.write(text),
      // Our own style decides about colour.
      getOutHasColors: () => true,
      getErrHasColors: () => true,
      // What is wrong is said once, at the end, by writeFault.
      outputError: () => {},
    })
    .configureHelp({ formatHelp: (command, helper) => rootHelp(command, helper, operations, helpStyle) });
  const plain = {
    showGlobalOptions: true,
    formatHelp: (command: Command, helper: Help) =>
      commandHelp(command, helper, helpStyle, options.examples?.[command.name()]),
  };

  const rooms = new Map<string, Command>();
  for (const operation of operations.filter(candidate => candidate.hidden?.cli === undefined)) {
    const { room, verb } = partsOf(operation);
    const parent = rooms.get(room) ?? program.command(room).description(ROOMS[room] ?? room);
    if (!rooms.has(room)) {
      parent.helpCommand(false);
      parent.configureHelp({
        formatHelp: () => roomHelp(room, operations, helpStyle, options.verbs?.[room], options.examples),
      });
      rooms.set(room, parent);
    }
    addOperation(parent, verb, operation, aliases[room] === operation.name);
  }
  for (const [alias, name] of Object.entries(aliases)) {
    const operation = operations.find(candidate => candidate.name === name);
    if (operation !== undefined && !rooms.has(alias)) addOperation(program, alias, operation, false);
  }
  for (const [room, verbs] of Object.entries(options.verbs ?? {}))
    for (const verb of verbs) {
      const parent = rooms.get(room);
      if (parent === undefined) continue;
      inherit(verb, parent, plain);
      parent.addCommand(verb);
    }
  for (const command of options.commands ?? []) {
    inherit(command, program, plain);
    program.addCommand(command);
  }
  program
    .command('help')
    .configureHelp(plain)
    .description('Help on a command or a topic')
    .argument('[words...]', 'A topic, or a command as room verb')
    .action((words: string[]) => {
      const topic = words.length === 1 ? TOPICS[words[0]!] : undefined;
      if (topic !== undefined) return void terminal.stdout.write(`${topic.text()}\n`);
      let command: Command = program;
      for (const word of words) {
        const next = command.commands.find(candidate => candidate.name() === word);
        if (next === undefined) {
          const near = nearest(word, [
            ...command.commands.map(one => one.name()),
            ...(command === program ? Object.keys(TOPICS) : []),
          ]);
          throw new Fault('not_found', `There is no command or topic '${words.join(' ').slice(0, 80)}'.`, {
            hint: `${near === undefined ? '' : `Did you mean ${near}? `}Topics: ${Object.keys(TOPICS).join(', ')}. Commands: nines --help.`,
          });
        }
        command = next;
      }
      command.outputHelp();
    });
  return program;

  function addOperation(parent: Command, name: string, operation: Capability, isDefault: boolean): void {
    const command = parent.command(name, { isDefault }).description(operation.summary);
    command.configureHelp({
      showGlobalOptions: true,
      formatHelp: (shown, helper) => operationHelp(operation, shown, helper, helpStyle),
    });
    addInputs(command, operation);
    command.action(async (...given: unknown[]) => {
      const positionals = given.slice(0, operation.args?.length ?? 0);
      const flags = command.optsWithGlobals<GlobalFlags>();
      const input = readInputs(
        operation,
        positionals,
        command.opts(),
        options.now ?? Date.now,
        options.readFiles,
      );
      const answer = await callOnce(operation, input, flags);
      terminal.stdout.write(
        flags.json || operation.render === undefined
          ? `${jsonText(answer, 2)}\n`
          : `${printable(operation.render(answer as never))}\n`,
      );
    });
  }

  async function callOnce(operation: Capability, input: unknown, flags: GlobalFlags): Promise<unknown> {
    const stop = new AbortController();
    const interrupted = () => stop.abort();
    process.once('SIGINT', interrupted);
    const { room, verb } = partsOf(operation);
    const done = showProgress(terminal.stderr, `${room} ${verb}`);
    try {
      const { caller, close } = await options.connect(flags, operation);
      try {
        return await caller(operation.name, input, { signal: stop.signal });
      } finally {
        await close();
      }
    } finally {
      process.removeListener('SIGINT', interrupted);
      done();
    }
  }
}

/** Gives a command that was made elsewhere, and those below it, our output and help. */
function inherit(command: Command, parent: Command, help: HelpConfiguration): void {
  command.copyInheritedSettings(parent).helpCommand(false).configureHelp(help);
  for (const sub of command.commands) inherit(sub, command, help);
}

/** Commander's complaint as the one clear error: the sentence, and what would be right as the hint. */
function usageFault(
  error: CommanderError,
  argv: readonly string[],
  operations: readonly Capability[],
): Fault {
  const [first = '', second] = error.message.replace(/^error: /, '').split('\n');
  const [room = '', verb = ''] = wordsOf(argv);
  const verbs = operations
    .filter(one => one.hidden?.cli === undefined && partsOf(one).room === room)
    .map(one => partsOf(one).verb);
  const inRoom = verbs.length > 0;
  const message =
    error.code === 'commander.unknownCommand' && inRoom
      ? first.replace(/^unknown command '(.*)'$/, `${room} has no verb '$1'`)
      : `${first.charAt(0).toUpperCase()}${first.slice(1).replace(/\.$/, '')}`;
  const suggestion = second?.match(/^\((.+)\)$/)?.[1];
  const hint = verbs.includes(verb)
    ? `nines ${room} ${verb} --help shows what it takes.`
    : inRoom
      ? `nines ${room} --help shows its verbs.`
      : error.code === 'commander.missingArgument' && !room.startsWith('-')
        ? `nines ${room} --help shows what it takes.`
        : 'nines --help shows the commands; add --help to a command for its flags.';
  return new Fault('invalid', `${message}.`, { hint: suggestion ?? hint });
}

/** The words of a command line without the flags for every command that may stand before them, and their values. */
function wordsOf(argv: readonly string[]): string[] {
  const words: string[] = [];
  for (let i = 0; i < argv.length; i += 1) {
    const word = argv[i]!;
    if (WITH_VALUE.has(word)) i += 1;
    else if (!word.startsWith('-')) words.push(word);
  }
  return words;
}

const WITH_VALUE = new Set(['--data', '--server', '--token', '--as']);

function writeFault(fault: Fault, thrown: unknown, argv: readonly string[], terminal: Terminal): void {
  if (argv.includes('--json')) terminal.stderr.write(`${jsonText(fault.toJSON())}\n`);
  else {
    const style = createStyle(terminal.stderr, { env: terminal.env, color: !argv.includes('--no-color') });
    const text = printable(`error: ${fault.toText()}`);
    // A file or a pipe gets each sentence on one line, as it is searched there.
    const lines = terminal.stderr.isTTY === true ? wrapFault(text, widthOf(terminal.stderr)) : text;
    terminal.stderr.write(`${lines.replace('error:', style('red', 'error:'))}\n`);
  }
  if (fault.code === 'internal' && (terminal.env.NINES_DEBUG ?? '') !== '') {
    const cause = fault.cause ?? thrown;
    terminal.stderr.write(`${cause instanceof Error ? (cause.stack ?? cause.message) : messageOf(cause)}\n`);
  }
}

const quieted = new WeakSet<Terminal['stdout']>();

/** A reader that went away (`nines … | head`) is no error. Stays, as a late EPIPE may come after the command's end. */
function quietPipes({ stdout, stderr }: Terminal): void {
  for (const stream of [stdout, stderr]) {
    if (quieted.has(stream)) continue;
    quieted.add(stream);
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
