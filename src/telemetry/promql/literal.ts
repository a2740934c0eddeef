import { failed } from './promql-error.ts';

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 36e5,
  d: 864e5,
  w: 6048e5,
  y: 31536e6,
};
const duration = /^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m(?!s))?(?:\d+s)?(?:\d+ms)?$/;

/** `1h30m` in ms, or undefined when the text is no duration. A day is 24 h, a year 365 d. */
export function durationMs(text: string): number | undefined {
  if (text === '' || !duration.test(text)) return undefined;
  let ms = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+)(ms|[smhdwy])/g)) ms += Number(digits) * units[unit!]!;
  return ms;
}

/** ms as Prometheus prints a duration: `1h30m`, `1d`, `500ms`, `0s`. */
export function durationText(ms: number): string {
  if (ms === 0) return '0s';
  let rest = Math.abs(Math.round(ms));
  let text = ms < 0 ? '-' : '';
  const take = (unit: string, exact: boolean) => {
    const size = units[unit]!;
    if (exact && rest % size !== 0) return;
    const count = Math.floor(rest / size);
    if (count > 0) {
      text += `${count}${unit}`;
      rest -= count * size;
    }
  };
  take('y', true);
  take('w', true);
  for (const unit of ['d', 'h', 'm', 's', 'ms']) take(unit, false);
  return text;
}

/** A number as PromQL writes it: decimal, hex, octal (leading 0), underscores, Inf, NaN, or a duration in seconds. */
export function numberValue(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const body = text.replace(/^[+-]/, '');
  const word = body.toLowerCase();
  if (word === 'inf' || word === '+inf') return sign * Number.POSITIVE_INFINITY;
  if (word === 'nan') return Number.NaN;
  const plain = word.replaceAll('_', '');
  if (/^0x[0-9a-f]+$/.test(plain)) return sign * Number(plain);
  if (/^0[0-7]+$/.test(plain)) return sign * Number.parseInt(plain, 8);
  if (/^(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/.test(plain)) return sign * Number(plain);
  const ms = durationMs(body);
  return ms === undefined ? undefined : (sign * ms) / 1000;
}

const simple: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/**
 * The value of a quoted string with Go's escapes. Bytes that are no UTF-8 become lone surrogates
 * (U+DC00 + byte), so that such a string is visibly not well formed.
 */
export function stringValue(quoted: string): string {
  const quote = quoted[0];
  const body = quoted.slice(1, -1);
  if (quote === '`') return body;
  if (!body.includes('\\')) return body;
  let out = '';
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length > 0) out += fromBytes(bytes);
    bytes = [];
  };
  for (let i = 0; i < body.length; i++) {
    if (body[i] !== '\\') {
      flush();
      out += body[i];
      continue;
    }
    const next = body[++i] ?? '';
    const plain = simple[next];
    if (plain !== undefined && !(next === "'" && quote === '"') && !(next === '"' && quote === "'")) {
      flush();
      out += plain;
      continue;
    }
    const [pattern, base] =
      next === 'x'
        ? [/^x[0-9a-fA-F]{2}/, 16]
        : next === 'u'
          ? [/^u[0-9a-fA-F]{4}/, 16]
          : next === 'U'
            ? [/^U[0-9a-fA-F]{8}/, 16]
            : [/^[0-7]{3}/, 8];
    const found = (pattern as RegExp).exec(body.slice(i))?.[0];
    if (!found) throw failed('invalid syntax');
    const code = Number.parseInt(base === 8 ? found : found.slice(1), base as number);
    if (next === 'x' || base === 8) {
      if (code > 255) throw failed('invalid syntax');
      bytes.push(code);
    } else {
      flush();
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) throw failed('invalid syntax');
      out += String.fromCodePoint(code);
    }
    i += found.length - 1;
  }
  flush();
  return out;
}

function fromBytes(bytes: readonly number[]): string {
  let out = '';
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i]!;
    const size =
      lead < 0x80
        ? 1
        : lead >= 0xc2 && lead < 0xe0
          ? 2
          : lead >= 0xe0 && lead < 0xf0
            ? 3
            : lead >= 0xf0 && lead < 0xf5
              ? 4
              : 0;
    let code = size === 1 ? lead : size === 0 ? -1 : lead & (0xff >> (size + 1));
    for (let k = 1; k < size && code >= 0; k++) {
      const next = bytes[i + k];
      code = next !== undefined && (next & 0xc0) === 0x80 ? code * 64 + (next & 0x3f) : -1;
    }
    const overlong = (size === 3 && code < 0x800) || (size === 4 && (code < 0x10000 || code > 0x10ffff));
    if (code < 0 || overlong || (code >= 0xd800 && code < 0xe000)) {
      out += String.fromCharCode(0xdc00 + lead);
      i++;
    } else {
      out += String.fromCodePoint(code);
      i += size;
    }
  }
  return out;
}

/** A string in double quotes with Go's escapes, as Prometheus prints it. */
export function quoted(value: string): string {
  let out = '"';
  for (const char of value) {
    const code = char.codePointAt(0)!;
    if (char === '"' || char === '\\') out += `\\${char}`;
    else if (char === '\n') out += '\\n';
    else if (char === '\t') out += '\\t';
    else if (char === '\r') out += '\\r';
    else if (code >= 0xdc80 && code <= 0xdcff) out += `\\x${(code - 0xdc00).toString(16)}`;
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else out += char;
  }
  return `${out}"`;
}

/** A sample value as Prometheus' API prints it: shortest decimal, `+Inf`, `-Inf`, `NaN`, `1e-7`, `1e+21`. */
export function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

/** A value in a label: like `numberText`, never with an exponent. */
export function labelText(value: number): string {
  const text = numberText(value);
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!parts) return text;
  const [, sign, head, tail = '', exponent] = parts;
  const digits = `${head}${tail}`;
  const power = Number(exponent);
  return power < 0
    ? `${sign}0.${'0'.repeat(-power - 1)}${digits}`
    : `${sign}${digits.padEnd(power + 1, '0')}`;
}
