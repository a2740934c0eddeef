import type { SeriesMeta, SeriesType } from '../series-index.ts';

export type ExpositionFormat = 'text' | 'openmetrics';

/** A sample as it stands: `series` is its text, which `parseSeries` reads; it is the same from scrape to scrape. */
export interface ExposedSample {
  series: string;
  value: number;
  /** Epoch ms, where the target says when. */
  at?: number;
  exemplar?: { labels: [string, string][]; value: number; at?: number };
  /** The label that holds a number, whose text is to be made the same everywhere: `parseSeries` takes it. */
  numeric?: NumericLabel;
}

/** The label of a histogram's bucket, or of a summary's quantile. */
export type NumericLabel = 'le' | 'quantile';

export interface Exposition {
  samples: ExposedSample[];
  metadata: { family: string; meta: SeriesMeta }[];
}

/** What is no exposition, with its line; 0 for a series' text alone. */
export class ExpositionError extends Error {
  constructor(line: number, problem: string) {
    super(line === 0 ? problem : `line ${line}: ${problem}`);
  }
}

const types: Readonly<Record<string, SeriesType>> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  gaugehistogram: 'histogram',
  summary: 'summary',
  info: 'info',
  stateset: 'gauge',
  unknown: 'unknown',
  untyped: 'unknown',
};

const numericLabels: Readonly<Record<string, NumericLabel>> = { histogram: 'le', summary: 'quantile' };

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const infinite = /^([+-]?)inf(inity)?$/i;

/** A value as Go's ParseFloat takes it, but for hexadecimal ones, which Prometheus refuses; undefined for what is none. */
export function sampleValue(text: string): number | undefined {
  if (decimal.test(text)) return Number(text);
  if (/^[+-]?nan$/i.test(text)) return Number.NaN;
  const sign = infinite.exec(text)?.[1];
  if (sign !== undefined) return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return undefined;
}

/**
 * Reads Prometheus's text format 0.0.4 or OpenMetrics 1.0: https://prometheus.io/docs/instrumenting/exposition_formats/,
 * https://github.com/prometheus/OpenMetrics. As strict as a scrape has to be: what stands there, not whether a
 * histogram's buckets add up. Throws ExpositionError.
 */
export function parseExposition(text: string, format: ExpositionFormat): Exposition {
  const samples: ExposedSample[] = [];
  const families = new Map<string, SeriesMeta>();
  const metaOf = (family: string): SeriesMeta => {
    let meta = families.get(family);
    if (meta === undefined) {
      meta = { type: 'unknown', unit: '', help: '' };
      families.set(family, meta);
    }
    return meta;
  };
  const strict = format === 'openmetrics';
  let line = 0;
  let ended = false;
  let numeric: NumericLabel | undefined;
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from);
    const to = newline < 0 ? text.length : newline;
    line += 1;
    let content = text.slice(from, to);
    from = to + 1;
    if (ended) throw new ExpositionError(line, 'there is something after # EOF');
    if (!strict) content = content.replace(/^[ \t]+|[ \t\r]+$/g, '');
    if (content === '') {
      if (strict) throw new ExpositionError(line, 'the line is empty');
      continue;
    }
    if (content.startsWith('#')) {
      if (strict && content === '# EOF') ended = true;
      else {
        const type = readComment(content, strict, line, metaOf);
        if (type !== undefined) numeric = numericLabels[type];
      }
    } else {
      const sample = readSample(content, strict, line);
      if (numeric !== undefined) sample.numeric = numeric;
      samples.push(sample);
    }
  }
  if (strict && !ended) throw new ExpositionError(line, 'it does not end with # EOF');
  return { samples, metadata: [...families].map(([family, meta]) => ({ family, meta })) };
}

const looseComment = /^#[ \t]+(HELP|TYPE|UNIT)(?:[ \t]+([\s\S]*))?$/;
const strictComment = /^# (HELP|TYPE|UNIT)(?: ([\s\S]*))?$/;

/** Takes HELP, TYPE and UNIT; answers with the type as it stands there, where it is one. */
function readComment(
  content: string,
  strict: boolean,
  line: number,
  metaOf: (family: string) => SeriesMeta,
): string | undefined {
  const [, what, text = ''] = (strict ? strictComment : looseComment).exec(content) ?? [];
  if (what === undefined) {
    if (strict) throw new ExpositionError(line, 'a line that begins with # is HELP, TYPE, UNIT or EOF');
    return undefined;
  }
  const { family, rest } = named(text, what, strict, line);
  const meta = metaOf(family);
  if (what === 'HELP') meta.help = unescaped(rest);
  else if (what === 'UNIT') {
    if (strict && rest !== '' && !family.endsWith(`_${rest}`))
      throw new ExpositionError(
        line,
        `the unit ${rest.slice(0, 40)} is not a suffix of ${family.slice(0, 80)}`,
      );
    meta.unit = rest.trim();
  } else {
    const type = types[rest];
    if (type === undefined || (strict && rest === 'untyped'))
      throw new ExpositionError(line, `'${rest.slice(0, 40)}' is not a type`);
    meta.type = type;
    return rest;
  }
  return undefined;
}

/** The name that metadata begins with, and the text that follows it. */
function named(text: string, what: string, strict: boolean, line: number): { family: string; rest: string } {
  let end: number;
  let family: string;
  if (text.startsWith('"')) {
    end = endOfString(text, 0, line) + 1;
    family = unescaped(text.slice(1, end - 1));
  } else {
    family = bareName.exec(text)?.[0] ?? '';
    end = family.length;
  }
  const gap = text[end];
  if (family === '' || (gap !== undefined && gap !== ' ' && (strict || gap !== '\t')))
    throw new ExpositionError(line, `a metric name is expected after ${what}`);
  if (gap === undefined && strict)
    throw new ExpositionError(line, `there is no text after ${what} and its name`);
  return { family, rest: text.slice(end + (strict ? 1 : Math.max(1, blanks(text, end)))) };
}

const bareName = /^[A-Za-z_:][A-Za-z0-9_:]*/;
const bareLabel = /^[A-Za-z_][A-Za-z0-9_]*/;

function readSample(content: string, strict: boolean, line: number): ExposedSample {
  const name = bareName.exec(content)?.[0] ?? '';
  let at = name.length;
  if (!strict) at += blanks(content, at);
  if (content[at] === '{') at = closing(content, at, line) + 1;
  else at = name.length;
  if (at === 0) throw new ExpositionError(line, 'a metric name is expected');
  const sample: ExposedSample = { series: content.slice(0, at), value: 0 };
  const gap = strict ? (content[at] === ' ' ? 1 : 0) : blanks(content, at);
  if (gap === 0 && (strict || content[at - 1] !== '}'))
    throw new ExpositionError(line, 'a value is expected after the name');
  const mark = strict ? content.indexOf(' # ', at) : -1;
  const rest = content.slice(at + gap, mark < 0 ? undefined : mark);
  const [value = '', time, ...more] = rest.split(strict ? ' ' : /[ \t]+/);
  const number = sampleValue(value);
  if (number === undefined) throw new ExpositionError(line, `'${value.slice(0, 40)}' is not a value`);
  if (more.length > 0) throw new ExpositionError(line, 'there is something after the timestamp');
  sample.value = number;
  if (time !== undefined) sample.at = timeOf(time, strict, line);
  if (mark >= 0) sample.exemplar = readExemplar(content.slice(mark + 3), line);
  return sample;
}

/** Milliseconds in the text format, seconds in OpenMetrics. */
function timeOf(text: string, strict: boolean, line: number): number {
  const good = strict ? decimal.test(text) : /^[+-]?\d+$/.test(text);
  const ms = strict ? Math.round(Number(text) * 1000) : Number(text);
  if (!good || !Number.isSafeInteger(ms))
    throw new ExpositionError(line, `'${text.slice(0, 40)}' is not a timestamp`);
  return ms;
}

function readExemplar(text: string, line: number): NonNullable<ExposedSample['exemplar']> {
  if (!text.startsWith('{')) throw new ExpositionError(line, 'an exemplar begins with {');
  const end = closing(text, 0, line);
  const labels = parseLabels(text.slice(0, end + 1), line).pairs;
  const [empty, value = '', time, ...more] = text.slice(end + 1).split(' ');
  const number = sampleValue(value);
  if (empty !== '' || number === undefined || more.length > 0)
    throw new ExpositionError(line, 'an exemplar has a value and at most a timestamp');
  return { labels, value: number, ...(time === undefined ? {} : { at: timeOf(time, true, line) }) };
}

function blanks(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at += 1;
  return at - from;
}

/** The brace that closes the one at `from`. */
function closing(text: string, from: number, line: number): number {
  let quoted = false;
  for (let at = from + 1; at < text.length; at++) {
    const char = text[at];
    if (quoted && char === '\\') at += 1;
    else if (char === '"') quoted = !quoted;
    else if (char === '}' && !quoted) return at;
  }
  throw new ExpositionError(line, quoted ? 'a label value does not end' : 'the labels do not end');
}

/**
 * The labels of a sample's text, name included. As Prometheus since 3.0 does, the number in a bucket's or a quantile's label
 * is written in one way: `le="1"` of one target and `le="1.0"` of another are one bucket. Throws ExpositionError.
 */
export function parseSeries(series: string, numeric?: NumericLabel, line = 0): [string, string][] {
  const name = bareName.exec(series)?.[0] ?? '';
  const brace = series.indexOf('{');
  if (brace < 0) return [['__name__', name]];
  const { pairs, quotedName } = parseLabels(series.slice(brace), line);
  if (numeric !== undefined)
    for (const pair of pairs) if (pair[0] === numeric) pair[1] = canonicalNumber(pair[1]);
  if (name !== '' && quotedName !== undefined) throw new ExpositionError(line, 'a series has two names');
  const own = name === '' ? quotedName : name;
  if (own === undefined) throw new ExpositionError(line, 'a series has no name');
  return [['__name__', own], ...pairs];
}

/** `{a="1",b="2"}`, where a metric's name may stand in quotes: `{"metric.name",a="1"}`. */
function parseLabels(text: string, line: number): { pairs: [string, string][]; quotedName?: string } {
  const pairs: [string, string][] = [];
  let quotedName: string | undefined;
  let at = 1 + blanks(text, 1);
  while (text[at] !== '}') {
    let name: string;
    const wasQuoted = text[at] === '"';
    if (wasQuoted) {
      const end = endOfString(text, at, line);
      name = unescaped(text.slice(at + 1, end));
      at = end + 1;
    } else {
      name = bareLabel.exec(text.slice(at))?.[0] ?? '';
      at += name.length;
    }
    if (name === '') throw new ExpositionError(line, 'a label name is expected');
    at += blanks(text, at);
    if (text[at] === '=') {
      at += 1 + blanks(text, at + 1);
      if (text[at] !== '"')
        throw new ExpositionError(line, `the value of ${name.slice(0, 40)} is not in quotes`);
      const end = endOfString(text, at, line);
      pairs.push([name, unescaped(text.slice(at + 1, end))]);
      at = end + 1;
    } else if (wasQuoted && quotedName === undefined) quotedName = name;
    else throw new ExpositionError(line, `the label ${name.slice(0, 40)} has no value`);
    at += blanks(text, at);
    if (text[at] === ',') at += 1 + blanks(text, at + 1);
    else if (text[at] !== '}') throw new ExpositionError(line, 'a comma or } is expected after a label');
  }
  return { pairs, ...(quotedName === undefined ? {} : { quotedName }) };
}

function endOfString(text: string, from: number, line: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  throw new ExpositionError(line, 'a label value does not end');
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([\\"n])/g, (_, char: string) => (char === 'n' ? '\n' : char));
}

/** A number as OpenMetrics writes it, as Go's shortest `%g`, with `.0` where it would be whole; other text as it stands. */
function canonicalNumber(text: string): string {
  const value = sampleValue(text);
  if (value === undefined) return text;
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [digits = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  // Where the shortest digits are asked for, Go's %g has an exponent below -4 and from 6 on.
  if (exponent < -4 || exponent >= 6)
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  const plain = String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}
