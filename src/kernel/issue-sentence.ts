import type { z } from 'zod';

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'named fields',
  record: 'named fields',
  map: 'named fields',
  null: 'nothing (null)',
  date: 'a time',
  NaN: 'what is no number',
  undefined: 'nothing',
};
const typeText = (type: string) => TYPES[type] ?? type;

/** What zod's own words begin with; anything else was said by the schema's author, and stays. */
const ZODS_OWN = /^(Invalid|Too small|Too big|Unrecognized)\b/;

/**
 * What is wrong with a field, and what would be right, in a sentence that follows its name. Schemas' own messages stay as
 * they are; of a value only its type is told, as it may be a secret.
 */
export function sentenceOf(issue: z.core.$ZodIssue): string {
  // A key of a map says itself what is wrong with it.
  if (issue.code === 'invalid_key' && issue.issues[0] !== undefined) return sentenceOf(issue.issues[0]);
  if (!ZODS_OWN.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return typeSentence(issue);
    case 'invalid_value':
      // Known only where whoever parsed asked for the input in the issues.
      if ('input' in issue && issue.input === undefined)
        return `is missing; expected ${either(issue.values.map(String))}`;
      return `expected ${either(issue.values.map(value => String(value)))}`;
    case 'invalid_union':
      return unionSentence(issue);
    case 'too_small':
      return boundSentence(
        issue.origin,
        Number(issue.minimum),
        issue.exact ? 'exactly' : issue.inclusive === false ? 'more' : 'least',
      );
    case 'too_big':
      return boundSentence(
        issue.origin,
        Number(issue.maximum),
        issue.exact ? 'exactly' : issue.inclusive === false ? 'less' : 'most',
      );
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return formatSentence(issue);
    default:
      return 'is not valid';
  }
}

function typeSentence(issue: z.core.$ZodIssueInvalidType): string {
  const [, received] = /received (\w+)$/.exec(issue.message) ?? [];
  if (received === 'undefined') return 'is missing';
  if (issue.expected === 'int' && received === 'number') return 'expected a whole number';
  return `expected ${typeText(issue.expected)}${received === undefined ? '' : `, got ${typeText(received)}`}`;
}

/** Only a union of plain values or types comes here with branches that all fail at their root. */
function unionSentence(issue: z.core.$ZodIssueInvalidUnion): string {
  if ('options' in issue && Array.isArray(issue.options))
    return `expected ${either(issue.options.map(String))}`;
  const wanted = issue.errors.map(branch => expectation(branch));
  return wanted.length > 0 && wanted.every(texts => texts !== undefined)
    ? `expected ${either([...new Set(wanted.flat())])}`
    : 'is not valid';
}

function expectation(branch: readonly z.core.$ZodIssue[]): string[] | undefined {
  const [issue] = branch;
  if (issue === undefined || issue.path.length > 0) return undefined;
  if (issue.code === 'invalid_value') return issue.values.map(String);
  return issue.code === 'invalid_type' ? [typeText(issue.expected)] : undefined;
}

function boundSentence(
  origin: string,
  bound: number,
  side: 'least' | 'most' | 'more' | 'less' | 'exactly',
): string {
  if (origin === 'number' || origin === 'int' || origin === 'bigint') {
    // The bound of every integer says nothing to a person.
    if (Math.abs(bound) === Number.MAX_SAFE_INTEGER) return 'is too large a number';
    const how = {
      least: 'at least',
      most: 'at most',
      more: 'more than',
      less: 'less than',
      exactly: 'exactly',
    }[side];
    return `must be ${how} ${bound}`;
  }
  const one = origin === 'string' ? 'character' : origin === 'array' || origin === 'set' ? 'item' : 'entry';
  const things = bound === 1 ? `1 ${one}` : `${bound} ${one === 'entry' ? 'entries' : `${one}s`}`;
  if (side === 'least' && bound === 1) return 'must not be empty';
  if (side === 'most' && bound === 0) return 'must be empty';
  return side === 'most'
    ? `may have at most ${things}`
    : `must have ${side === 'exactly' ? 'exactly' : 'at least'} ${things}`;
}

function formatSentence(issue: z.core.$ZodIssueInvalidStringFormat): string {
  const { format } = issue;
  if (format === 'starts_with' && 'prefix' in issue) return `must begin with ${issue.prefix}`;
  if (format === 'ends_with' && 'suffix' in issue) return `must end with ${issue.suffix}`;
  if (format === 'includes' && 'includes' in issue) return `must contain ${issue.includes}`;
  if (format === 'url') return 'expected a URL, as https://shop.example/health';
  if (format === 'email') return 'expected a mail address, as oncall@shop.example';
  if (format === 'datetime') return 'expected a time, as 2026-01-27T03:15:00Z';
  if (format === 'date') return 'expected a date, as 2026-01-27';
  return issue.pattern === undefined ? `is no ${format}` : `must match ${issue.pattern}`;
}

/** `a`, `a or b`, `a, b or c`. */
function either(options: readonly string[]): string {
  return options.length < 2
    ? (options[0] ?? 'something else')
    : `${options.slice(0, -1).join(', ')} or ${options.at(-1)}`;
}
