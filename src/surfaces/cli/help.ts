import type { Command, Help, Option } from 'commander';
import { type Capability, fieldsOf, partsOf } from '../field.ts';
import { ROOMS, SHORTCUTS, START_HERE, TOPICS } from './guide.ts';
import { wrap } from './terminal.ts';

export interface HelpStyle {
  title(text: string): string;
  width: number;
}

type Row = readonly [left: string, right: string];

const MAX_LEFT = 34;

/** The page for `nines --help`. */
export function rootHelp(
  program: Command,
  helper: Help,
  operations: readonly Capability[],
  style: HelpStyle,
): string {
  const rooms = Map.groupBy(operations.filter(onCli), operation => partsOf(operation).room);
  const others = helper
    .visibleCommands(program)
    .filter(command => !rooms.has(command.name()) && command.name() !== 'help');
  const exists = ({ command }: { command: string }) => {
    const [first, second] = command.split(' ');
    const verbs = rooms.get(first!);
    return verbs === undefined
      ? others.some(other => other.name() === first)
      : verbs.some(operation => partsOf(operation).verb === second);
  };
  const start = START_HERE.filter(exists).map((line): Row => [`nines ${line.command}`, line.says]);
  const shortcuts = SHORTCUTS.filter(shortcut => rooms.has(shortcut.room));
  return page([
    wrap(
      'Nines is a site reliability engineer that you run: it watches services, keeps their error budgets, finds causes, carries out the safe fix and writes the postmortem.',
      style.width,
    ),
    `${style.title('Usage:')} nines <room> <verb> [flags]`,
    section('Start here', start, style),
    section(
      'Rooms (nines ROOM --help shows the verbs)',
      [...rooms].map(([room, verbs]): Row => [room, roomLine(room, verbs)]),
      style,
    ),
    section(
      'Other commands',
      others.map((command): Row => [command.name(), command.description()]),
      style,
    ),
    section(
      'Shortcuts in Claude Code (also typed as #incident …)',
      shortcuts.map((shortcut): Row => [`/nines:${shortcut.name}`, shortcut.says]),
      style,
    ),
    section(
      'Flags for every command',
      helper.visibleOptions(program).map(option => optionRow(option)),
      style,
    ),
    section(
      'More',
      Object.entries(TOPICS).map(([name, topic]): Row => [`nines help ${name}`, topic.says]),
      style,
    ),
  ]);
}

/** The page for a room: its verbs. */
export function roomHelp(
  room: string,
  operations: readonly Capability[],
  style: HelpStyle,
  others: readonly Command[] = [],
  othersExamples: Readonly<Record<string, readonly string[]>> = {},
): string {
  const verbs = operations.filter(operation => partsOf(operation).room === room && onCli(operation));
  const says = ROOMS[room];
  return page([
    `${style.title(room)}${says === undefined ? '' : `: ${says}`}`,
    `${style.title('Usage:')} nines ${room} <verb> [flags]`,
    section(
      'Verbs',
      [
        ...verbs.map((operation): Row => [usageOf(operation), operation.summary]),
        ...others.map(
          (command): Row => [
            `${command.name()} ${command.usage().replace('[options] ', '')}`,
            command.description(),
          ],
        ),
      ],
      style,
    ),
    section(
      'Examples',
      [
        ...verbs.flatMap(operation => operation.examples ?? []),
        ...others.flatMap(command => othersExamples[command.name()] ?? []),
      ].map((example): Row => [example, '']),
      style,
    ),
    `nines ${room} <verb> --help says more about one.`,
  ]);
}

/** The page for one operation. */
export function operationHelp(
  operation: Capability,
  command: Command,
  helper: Help,
  style: HelpStyle,
): string {
  const fields = fieldsOf(operation);
  const { room } = partsOf(operation);
  const notes = (name: string): string => {
    const field = fields.find(candidate => candidate.name === name);
    if (field === undefined) return '';
    const said: string[] = [];
    if (field.repeats) said.push('may be repeated');
    if (field.choices !== undefined) said.push(field.choices.join(', '));
    if (field.default !== undefined && typeof field.default !== 'boolean' && !isEmpty(field.default))
      said.push(
        `default ${typeof field.default === 'string' ? field.default : JSON.stringify(field.default)}`,
      );
    if (field.required && !(operation.args ?? []).includes(name)) said.push('required');
    return said.length === 0 ? '' : ` (${said.join('; ')})`;
  };
  const options = helper.visibleOptions(command).filter(option => option.long !== '--help');
  const examples = operation.examples ?? [];
  return page([
    wrap(operation.summary, style.width),
    operation.description === undefined ? '' : wrap(operation.description, style.width),
    `${style.title('Usage:')} nines ${room} ${usageOf(operation)}${options.length > 0 ? ' [flags]' : ''}`,
    section(
      'Arguments',
      (operation.args ?? []).map(
        (name): Row => [
          fields.find(f => f.name === name)!.flag,
          sentence(fields.find(f => f.name === name)!.description, notes(name)),
        ],
      ),
      style,
    ),
    section(
      'Flags',
      options.map(option => optionRow(option, notes(option.attributeName()))),
      style,
    ),
    section('Flags for every command', globalRows(command, helper), style),
    section(
      'Examples',
      examples.map((example): Row => [example, '']),
      style,
    ),
    operation.effect === 'act'
      ? 'This acts on the world outside; it passes the guard, and is kept in the audit log.'
      : '',
    wrap(
      'Exit codes: 0 done, 2 wrong input, 3 not found, 4 not allowed, 5 conflict, 6 unavailable; nines help exit-codes lists all.',
      style.width,
    ),
  ]);
}

/** The page for a command that is no operation, as `serve`. */
export function commandHelp(
  command: Command,
  helper: Help,
  style: HelpStyle,
  examples: readonly string[] = [],
): string {
  return page([
    wrap(command.description(), style.width),
    `${style.title('Usage:')} ${helper.commandUsage(command).replace('[options]', '[flags]')}`,
    section(
      'Arguments',
      helper.visibleArguments(command).map((argument): Row => [argument.name(), argument.description]),
      style,
    ),
    section(
      'Commands',
      helper.visibleCommands(command).map((sub): Row => [helper.subcommandTerm(sub), sub.description()]),
      style,
    ),
    section(
      'Flags',
      helper
        .visibleOptions(command)
        .filter(option => option.long !== '--help')
        .map(option => optionRow(option)),
      style,
    ),
    section('Flags for every command', globalRows(command, helper), style),
    section(
      'Examples',
      examples.map((example): Row => [example, '']),
      style,
    ),
  ]);
}

/** `resolve <id>`: the verb with its positionals. */
function usageOf(operation: Capability): string {
  const fields = fieldsOf(operation);
  const words = (operation.args ?? []).map(name => {
    const field = fields.find(candidate => candidate.name === name)!;
    const label = field.repeats ? `${field.flag}...` : field.flag;
    return field.required ? `<${label}>` : `[${label}]`;
  });
  return [partsOf(operation).verb, ...words].join(' ');
}

function roomLine(room: string, verbs: readonly Capability[]): string {
  const names = verbs.map(operation => partsOf(operation).verb).join(', ');
  const says = ROOMS[room];
  return says === undefined ? names : `${says}: ${names}`;
}

function globalRows(command: Command, helper: Help): Row[] {
  const options = helper.visibleGlobalOptions(command).filter(option => option.long !== '--version');
  return options.map(option => optionRow(option));
}

function optionRow(option: Option, notes = ''): Row {
  const variable = option.envVar === undefined ? '' : ` (or ${option.envVar})`;
  return [option.flags, sentence(option.description, `${notes}${variable}`)];
}

function sentence(text: string, notes: string): string {
  return `${text}${notes}`;
}

function section(title: string, rows: readonly Row[], style: HelpStyle): string {
  if (rows.length === 0) return '';
  const left = Math.min(MAX_LEFT, Math.max(...rows.map(([text]) => text.length)));
  const lines = rows.map(([text, says]) => {
    if (says === '') return `  ${text}`;
    const indent = left + 4;
    const wrapped = wrap(says, style.width, indent);
    return text.length > left
      ? `  ${text}\n${' '.repeat(indent)}${wrapped}`
      : `  ${text.padEnd(left)}  ${wrapped}`;
  });
  return [style.title(title), ...lines].join('\n');
}

function page(parts: readonly string[]): string {
  return `${parts.filter(part => part !== '').join('\n\n')}\n`;
}

function onCli(operation: Capability): boolean {
  return operation.hidden?.cli === undefined;
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
