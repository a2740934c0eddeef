import { Argument, type Command, Option } from 'commander';
import { duration, type Instant, instant } from '../../kernel/index.ts';
import { type Capability, type Field, fieldsOf, readTexts } from '../field.ts';

/** Puts an operation's inputs on a command: positionals first, then flags. */
export function addInputs(command: Command, operation: Capability): void {
  const positionals = operation.args ?? [];
  const fields = fieldsOf(operation);
  for (const name of positionals) {
    const field = fields.find(candidate => candidate.name === name)!;
    const label = field.repeats ? `${field.flag}...` : field.flag;
    const argument = new Argument(field.required ? `<${label}>` : `[${label}]`, field.description);
    // Commander's own choices would forbid what a repeating positional collects; the call pipeline checks them.
    command.addArgument(argument);
  }
  for (const field of fields)
    if (!positionals.includes(field.name)) {
      const named = operation.files === field.name ? 'file' : placeholder(field);
      for (const option of optionsOf(field, named)) command.addOption(option);
    }
}

/** The input that positionals and flags stand for. */
export function readInputs(
  operation: Capability,
  positionals: readonly unknown[],
  flags: Readonly<Record<string, unknown>>,
  now: () => number,
  readFiles?: (path: string) => readonly { path: string; text: string }[],
): Record<string, unknown> {
  const names = operation.args ?? [];
  const input: Record<string, unknown> = {};
  for (const field of fieldsOf(operation)) {
    const at = names.indexOf(field.name);
    const given = at >= 0 ? positionals[at] : flags[field.name];
    if (given === undefined) continue;
    if (operation.files === field.name && readFiles !== undefined) {
      input[field.name] = texts(given).flatMap(readFiles);
      continue;
    }
    input[field.name] =
      typeof given === 'boolean' ? given : readTexts(field, timed(field, texts(given), now));
  }
  return input;
}

function optionsOf(field: Field, named: string): Option[] {
  const says = field.description;
  if (field.type === 'boolean' && !field.repeats) {
    const yes = new Option(`--${field.flag}`, says);
    const no = new Option(`--no-${field.flag}`, says);
    if (field.default === true) return [no];
    return field.default === false ? [yes] : [yes, no.hideHelp()];
  }
  const option = new Option(`--${field.flag} <${named}>`, says);
  if (field.choices !== undefined && !field.repeats) option.choices(field.choices);
  if (field.repeats) option.argParser<string[]>((value, earlier = []) => [...earlier, value]);
  if (field.required) option.makeOptionMandatory();
  // Commander names the value by its own camelCase; a field is found by its own name.
  option.attributeName = () => field.name;
  return [option];
}

function placeholder(field: Field): string {
  if (field.choices !== undefined && field.choices.join('|').length <= 30) return field.choices.join('|');
  if (field.type === 'number' || field.type === 'integer') return 'number';
  if (field.type === 'instant') return 'time';
  return field.type === 'json' ? 'json' : 'text';
}

function texts(given: unknown): string[] {
  return Array.isArray(given) ? given.map(String) : [String(given)];
}

/** Times may be said from now, as people type them: `now`, `-15m`, `+1h`. */
function timed(field: Field, given: string[], now: () => number): string[] {
  return field.type === 'instant' ? given.map(text => fromNow(text, now) ?? text) : given;
}

function fromNow(text: string, now: () => number): Instant | undefined {
  if (text === 'now') return instant(now());
  const [, sign, length] = /^([-+])(\d[0-9a-z]*)$/.exec(text) ?? [];
  if (sign === undefined || length === undefined) return undefined;
  return instant(now() + (sign === '-' ? -1 : 1) * duration(length));
}
