/**
 * A line in words, and what of each word is surely a value. Lines are compared by the words' shapes: `took 12 ms` and
 * `took 7 ms` have the same. What stands where in a line is taken from no system in particular: numbers with their
 * units, addresses, hosts, ids, paths, dates, quoted texts, and the value of `key=value`.
 */
export interface Token {
  /** The word with its values masked: `took`, `<num> ms`, `blk_<num>`, `rhost=<host>`. */
  readonly shape: string;
  /** What is shown while no other word was seen in its place: `SEV1` is shown so until there is a `SEV2`. */
  readonly text: string;
  /** Holds a value: another that holds one may stand in its place. */
  readonly valued: boolean;
  /** The program's own letters before a single value; they tell values of different kinds apart: `ee0`, `uid=0`. */
  readonly frame: string;
}

export const wildcard = '<*>';

/** Words of a line that are taken into account, and characters. */
const mostTokens = 100;
const mostCharacters = 2_000;
/** A quoted value may have spaces, up to this length. */
const mostQuoted = 200;
/** So many values of one kind in a row are a list, whose length is a value too. */
const leastList = 3;

const opening = '([{<"\'`';
const closing = ')]}>"\'`,;:.!?';

const time =
  /^(?:\d{4}[-/]\d\d?[-/]\d\d?(?:[T_]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?|\d\d?:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?|\d\d?\/\d\d?\/\d{4})$/;
const ip = /^\/?(?:\d{1,3}\.){3}\d{1,3}(?:[:/]\d{1,5})?$|^(?:[0-9a-f]{0,4}:){3,15}[0-9a-f]{1,4}$/i;
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const hex = /^(?:0x[0-9a-f]+|(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,})$/i;
const hostPort = /^\/?[a-z0-9-]+(?:\.[a-z0-9-]+)+:\d{2,5}$/i;
const domain =
  /^(?:[a-z0-9-]+\.)+(?:com|net|org|edu|gov|mil|info|local|internal|lan)$|^(?:[a-z0-9-]+\.){2,}[a-z]{2}$/i;
const mail = /^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/;
const url = /^[a-z][a-z0-9+.-]*:\/\/\S+$/i;
const path = /^(?:\/+[^/\s]+){2,}\/*$|^[a-z]:\\\S+$/i;
const quotedText = /^(["']).*\1$/s;
const number = /^[<>~≈]?[+-]?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?(%|[a-zµ]{1,3}(?:\/s)?)?$/i;
const keyed = /^[A-Za-z_][\w.-]*[=:([](?!\/\/)/;
const empty = /^(?:\(\)|\[\]|\{\}|""|''|[\w.-]+=)[,;:.]?$/;
const digits = /\d+(?:[.,]\d+)*/g;
const masks = /<(?:num|time|ip|uuid|hex|host|mail|url|path|text|\*)>/g;
const unit =
  /^(?:[kmgtp]?i?b|bytes?|ns|us|µs|ms|s|secs?|seconds?|mins?|minutes?|h|hrs?|hours?|days?)[,;:.)\]]*$/i;
const numeric = /^[([<>~≈]?<num>$/;
const nothing = /^(?:null|nil|none|undefined|true|false)$/i;
const calendar = /^(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun),?$/;
const date: Token = { shape: '<time>', text: '<time>', valued: true, frame: '' };

/** The message within a body that is JSON, as programs write it that log to files; otherwise the body. */
export function messageOfBody(body: string): string {
  if (body.charCodeAt(0) !== 123) return body;
  return /"(?:msg|message|event)"\s*:\s*"((?:[^"\\]|\\.){1,1000})"/.exec(body)?.[1] ?? body;
}

/** A line with its values masked: `took <num> ms`. */
export function masked(line: string): string {
  return tokensOf(line)
    .map(token => token.shape)
    .join(' ');
}

/** The words of a line, in order; at most 100. */
export function tokensOf(line: string): Token[] {
  const text = line.length > mostCharacters ? line.slice(0, mostCharacters) : line;
  const tokens: Token[] = [];
  let list = 1;
  for (let from = wordStart(text, 0); from < text.length && tokens.length < mostTokens; ) {
    const to = wordEnd(text, from);
    const token = tokenOf(text.slice(from, to));
    from = wordStart(text, to);
    const last = tokens.at(-1);
    if (last === undefined) tokens.push(token);
    else if (!token.valued && numeric.test(last.shape) && unit.test(token.shape)) measured(tokens, token);
    else {
      tokens.push(token);
      if (token.valued) datesBefore(tokens);
      const again = token.valued && last.valued && token.frame === last.frame;
      list = again ? list + 1 : 1;
      if (list === leastList) tokens.length -= leastList - 1;
      else if (list > leastList) tokens.length -= 1;
      // A list shows the kind of its values only.
      if (list >= leastList) tokens[tokens.length - 1] = { ...tokens.at(-1)!, text: tokens.at(-1)!.shape };
    }
  }
  return tokens;
}

/** A token as a template shows it, read again. */
export function shownToken(text: string): Token {
  const valued = text.search(masks) >= 0 || empty.test(text);
  return { shape: text, text, valued, frame: valued ? frameOf(text) : '' };
}

function wordStart(text: string, at: number): number {
  let index = at;
  while (index < text.length && isSpace(text.charCodeAt(index))) index++;
  return index;
}

function wordEnd(text: string, from: number): number {
  for (let index = from; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isSpace(code)) return index;
    // `tag="View Lock"`: the value of a key ends with its quote.
    if (code === 34 && index > from && (text[index - 1] === '=' || text[index - 1] === ':')) {
      const quote = text.indexOf('"', index + 1);
      if (quote > 0 && quote - index <= mostQuoted) index = quote;
    }
  }
  return text.length;
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 160;
}

function tokenOf(word: string): Token {
  const bits = madeOfBits(word);
  if ((bits & mayHoldValue) === 0) return { shape: word, text: word, valued: false, frame: '' };
  let start = 0;
  let end = word.length;
  while (start < end && opening.includes(word[start]!)) start++;
  while (end > start && closing.includes(word[end - 1]!)) end--;
  const core = word.slice(start, end);
  const quoted =
    start > 0 &&
    end < word.length &&
    word[start - 1] === word[end] &&
    '"\'`'.includes(word[end]!) &&
    !core.includes(word[end]!);
  const whole = quoted ? '<text>' : maskOf(core);
  if (whole !== undefined) return maskedToken(`${word.slice(0, start)}${whole}${word.slice(end)}`, '');
  // `key=value` and `call(value`: the first part is the program's own word.
  const key = (bits & (equals | colon | bracket)) === 0 ? undefined : keyed.exec(core)?.[0];
  if (key !== undefined) {
    let value = core.slice(key.length);
    if ((value[0] === '"' || value[0] === "'") && word[end] === value[0]) {
      value += value[0];
      end += 1;
    }
    const none = nothing.test(value);
    const mask = none ? wildcard : maskOf(value);
    if (mask !== undefined) {
      const token = maskedToken(`${word.slice(0, start)}${key}${mask}${word.slice(end)}`, lettersOf(key));
      return none ? { ...token, text: word } : token;
    }
  }
  const shape = (bits & digit) === 0 ? word : word.replace(digits, '<num>');
  const valued = shape !== word || empty.test(word);
  return { shape, text: word, valued, frame: valued ? frameOf(shape) : '' };
}

function lettersOf(key: string): string {
  return /^[A-Za-z]*/.exec(key)![0];
}

function maskedToken(shape: string, frame: string): Token {
  return { shape, text: shape, valued: true, frame };
}

/** What a word is made of, as bits: most kinds of values are ruled out by it at once. */
const digit = 1;
const letter = 2;
const dot = 4;
const colon = 8;
const dash = 16;
const slash = 32;
const at = 64;
const quoting = 128;
const bracket = 256;
const equals = 512;
const madeOf = new Uint16Array(128);
for (const [characters, bit] of [
  ['0123456789', digit],
  ['abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ', letter],
  ['.', dot],
  [':', colon],
  ['-', dash],
  ['/\\', slash],
  ['@', at],
  ['"\'`', quoting],
  ['([{', bracket],
  ['=', equals],
] as const)
  for (const character of characters) madeOf[character.charCodeAt(0)] = bit;

function madeOfBits(word: string): number {
  let bits = 0;
  for (let index = 0; index < word.length; index++) {
    const code = word.charCodeAt(index);
    if (code < 128) bits |= madeOf[code]!;
  }
  return bits;
}

const mayHoldValue = digit | dot | slash | at | quoting | bracket | equals;

/** What kind of value a text is as a whole. */
function maskOf(value: string): string | undefined {
  const bits = madeOfBits(value);
  if ((bits & digit) !== 0) {
    if ((bits & (colon | slash | at | quoting | bracket | equals)) === 0) {
      if ((bits & dot) !== 0 && ip.test(value)) return '<ip>';
      const found = number.exec(value);
      if (found !== null) return `<num>${found[1] ?? ''}`;
      if ((bits & (dot | dash)) === 0 && hex.test(value)) return '<hex>';
      if ((bits & dash) !== 0 && value.length === 36 && uuid.test(value)) return '<uuid>';
    }
    if ((bits & (colon | dash | slash)) !== 0 && time.test(value)) return '<time>';
  }
  if ((bits & (dot | colon)) !== 0 && ip.test(value)) return '<ip>';
  if ((bits & dot) !== 0 && (hostPort.test(value) || domain.test(value))) return '<host>';
  if ((bits & at) !== 0 && mail.test(value)) return '<mail>';
  if ((bits & slash) !== 0) {
    if ((bits & colon) !== 0 && url.test(value)) return '<url>';
    if (path.test(value)) return '<path>';
  }
  return (bits & quoting) !== 0 && quotedText.test(value) ? '<text>' : undefined;
}

/** The letters before the value, where there is one only: ids of many parts have none of their own. */
function frameOf(shape: string): string {
  const first = shape.search(masks);
  if (first < 0) return /[A-Za-z]+/.exec(shape)?.[0] ?? '';
  const key = /^[^A-Za-z<]*([A-Za-z][\w.]*)[=:]/.exec(shape)?.[1];
  if (key !== undefined) return lettersOf(key);
  if (shape.indexOf('<num>', first + 1) > 0) return '';
  return /^[^A-Za-z<]*([A-Za-z]*)/.exec(shape)?.[1] ?? '';
}

/** `18846 bytes (18.4 KB)`: a number and its unit are one value, and the same one once more in parentheses is none. */
function measured(tokens: Token[], unit: Token): void {
  const last = tokens.pop()!;
  const before = tokens.at(-1);
  if (
    last.shape[0] === '(' &&
    unit.shape.includes(')') &&
    before !== undefined &&
    /^<num> \S+$/.test(before.shape)
  )
    return;
  const shape = `${last.shape} ${unit.shape}`;
  tokens.push({ shape, text: shape, valued: true, frame: '' });
}

/** `Jun 9` and `Fri Jun 9`: names of months and days before a number are part of a date. */
function datesBefore(tokens: Token[]): void {
  for (let index = tokens.length - 2; index >= 0 && index >= tokens.length - 3; index--) {
    if (!calendar.test(tokens[index]!.shape)) return;
    tokens[index] = date;
  }
}
