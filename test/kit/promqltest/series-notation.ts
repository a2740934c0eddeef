import { durationMs, type Labels, type NativeHistogram } from '../../../src/telemetry/promql/index.ts';
import { addHistograms, scaleHistogram } from '../../../src/telemetry/promql/testing.ts';
import { type NotedHistogram, notedHistogram, notedNumber } from './histogram-notation.ts';

/** One point of a written series: nothing, a staleness marker, a float, or a histogram. */
export type Point =
  | { readonly kind: 'none' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'histogram'; readonly value: NativeHistogram; readonly hint: NotedHistogram['hint'] };

export interface NotedSeries {
  readonly labels: Labels;
  readonly points: readonly Point[];
  /** The line gives start timestamps (`@st`): the points are ms to be added to each sample's time. */
  readonly starts: boolean;
}

const quotedText = /^"(?:\\.|[^"\\])*"|^'(?:\\.|[^'\\])*'|^`[^`]*`/;

function unquoted(text: string): string {
  if (text[0] === '`') return text.slice(1, -1);
  if (text[0] === '"') return JSON.parse(text.replaceAll(/\\x([0-9a-f]{2})/g, '\\u00$1')) as string;
  return text.slice(1, -1).replaceAll("\\'", "'").replaceAll('\\\\', '\\');
}

/** `name{label="value", …}` at the start of a line; undefined when the line starts with something else. */
export function notedLabels(line: string): { labels: Labels; rest: string } | undefined {
  const labels: Record<string, string> = {};
  let rest = line;
  const name = /^[A-Za-z_:][\w:]*/.exec(rest)?.[0];
  if (name) {
    labels.__name__ = name;
    rest = rest.slice(name.length);
  }
  if (rest[0] !== '{' || rest.startsWith('{{')) return name ? { labels, rest } : undefined;
  rest = rest.slice(1).trimStart();
  while (rest[0] !== '}') {
    const quoted = quotedText.exec(rest)?.[0];
    const key = quoted ?? /^[A-Za-z_]\w*/.exec(rest)?.[0];
    if (!key) throw new Error(`not a label: ${rest}`);
    rest = rest.slice(key.length).trimStart();
    const label = quoted ? unquoted(quoted) : key;
    if (rest[0] === '=') {
      rest = rest.slice(1).trimStart();
      const value = quotedText.exec(rest)?.[0];
      if (value === undefined) throw new Error(`not a label value: ${rest}`);
      labels[label] = unquoted(value);
      rest = rest.slice(value.length).trimStart();
    } else labels.__name__ = label;
    if (rest[0] === ',') rest = rest.slice(1).trimStart();
    else if (rest[0] !== '}') throw new Error(`not a label set: ${line}`);
  }
  return { labels, rest: rest.slice(1) };
}

const histogramText = String.raw`\{\{[^}]*\}\}`;
const numberText = String.raw`[-+]?(?:Inf|inf|NaN|nan|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)`;
const floats = new RegExp(`^(${numberText})(?:([-+])(${numberText.slice('[-+]?'.length)}))?(?:x(\\d+))?$`);
const histograms = new RegExp(`^(${histogramText})(?:([-+])(${histogramText}))?(?:x(\\d+))?$`);
const startOffset = /^([-+]?)(0|(?:\d+(?:ms|[smhd]))+)(?:([-+])((?:\d+(?:ms|[smhd]))+))?(?:x(\d+))?$/;

function floatPoints(item: RegExpExecArray): Point[] {
  const [, first, sign, step, times] = item;
  const start = notedNumber(first!);
  const by = step === undefined ? 0 : notedNumber(step) * (sign === '-' ? -1 : 1);
  const out: Point[] = [];
  let value = start;
  for (let i = 0; i <= Number(times ?? 0); i++) {
    out.push({ kind: 'float', value });
    value += by;
  }
  return out;
}

function histogramPoints(item: RegExpExecArray): Point[] {
  const [, first, sign, step, times] = item;
  const { histogram, hint } = notedHistogram(first!);
  const by = step === undefined ? undefined : notedHistogram(step).histogram;
  const out: Point[] = [];
  let value = histogram;
  for (let i = 0; i <= Number(times ?? 0); i++) {
    out.push({ kind: 'histogram', value, hint });
    if (by) value = { ...addHistograms(value, sign === '-' ? scaleHistogram(by, -1) : by), hint: value.hint };
  }
  return out;
}

function startPoints(item: RegExpExecArray): Point[] {
  const [, sign, first, stepSign, step, times] = item;
  const length = first === '0' ? 0 : durationMs(first!)!;
  const by = step === undefined ? 0 : durationMs(step)! * (stepSign === '-' ? -1 : 1);
  const out: Point[] = [];
  let value = sign === '-' ? -length : length;
  for (let i = 0; i <= Number(times ?? 0); i++) {
    out.push({ kind: 'float', value });
    value += by;
  }
  return out;
}

/** The points after a series' labels, in promtool's expanding notation. */
export function notedPoints(text: string, starts = false): Point[] {
  const out: Point[] = [];
  for (const item of text.trim().match(/(?:\{\{[^}]*\}\}|[^\s{])+/g) ?? []) {
    const nothing = /^(_|stale)(?:x(\d+))?$/.exec(item);
    if (nothing) {
      const times = nothing[1] === '_' ? Math.max(1, Number(nothing[2] ?? 1)) : Number(nothing[2] ?? 0) + 1;
      for (let i = 0; i < times; i++) out.push({ kind: nothing[1] === '_' ? 'none' : 'stale' });
      continue;
    }
    const start = starts && startOffset.exec(item);
    if (start) {
      out.push(...startPoints(start));
      continue;
    }
    const histogram = histograms.exec(item);
    if (histogram) {
      out.push(...histogramPoints(histogram));
      continue;
    }
    const float = floats.exec(item);
    if (!float) throw new Error(`not a point: ${item}`);
    out.push(...floatPoints(float));
  }
  return out;
}

/** A whole line: labels and points. */
export function notedSeries(line: string): NotedSeries | undefined {
  const head = notedLabels(line);
  if (!head) return undefined;
  const starts = head.rest.startsWith('@st');
  return {
    labels: head.labels,
    points: notedPoints(starts ? head.rest.slice(3) : head.rest, starts),
    starts,
  };
}
