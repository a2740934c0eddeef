import type { OutputOf } from '../api.ts';
import type { Series } from '../chart/series.ts';

export type RangeAnswer = OutputOf<'telemetry.range'>;

/** More lines than these cannot be told apart. */
export const MOST_LINES = 20;

const COLORS = [
  'cyan.7',
  'orange.6',
  'grape.6',
  'teal.6',
  'red.6',
  'indigo.5',
  'yellow.7',
  'pink.6',
  'lime.7',
  'blue.4',
  'violet.5',
  'green.8',
  'orange.9',
  'cyan.4',
  'red.9',
  'gray.6',
  'grape.9',
  'teal.9',
  'yellow.9',
  'indigo.9',
];

export interface Line extends Series {
  last: number | undefined;
  lowest: number;
  highest: number;
}

export interface Lines {
  lines: Line[];
  /** Series that are there and not drawn. */
  left: number;
  /** Points that are no numbers on a scale: NaN and infinities. */
  unscaled: number;
  /** What all series have in common, as it is not repeated in each name. */
  common: Record<string, string>;
}

/** The series of several queries as lines: the highest, each with a name that tells it from the others. */
export function linesOf(answers: readonly { letter: string; query: string; answer: RangeAnswer }[]): Lines {
  const all = answers.flatMap(({ letter, query, answer }) =>
    answer.series.map(({ labels, points }) => ({
      letter,
      query,
      labels,
      points: points.map(([t, v]) => ({ t, v: typeof v === 'number' ? v : null })),
    })),
  );
  const common = commonOf(all.map(({ labels }) => labels));
  const several = answers.length > 1;
  const lines = all.map(({ letter, query, labels, points }) => {
    const values = points.flatMap(({ v }) => (v === null ? [] : [v]));
    return {
      key: `${letter}${JSON.stringify(labels)}`,
      label: `${several ? `${letter} ` : ''}${nameOf(labels, common, query)}`,
      points,
      last: values.at(-1),
      lowest: values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
      highest: values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
    };
  });
  const unscaled = all.reduce((sum, { points }) => sum + points.filter(({ v }) => v === null).length, 0);
  const kept = lines
    .toSorted((a, b) => b.highest - a.highest)
    .slice(0, MOST_LINES)
    .map((line, index) => ({ ...line, color: COLORS[index]!, shape: 'line' as const }));
  return { lines: kept, left: lines.length - kept.length, unscaled, common };
}

/** Labels that every one has, with the same value. */
function commonOf(all: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const [first, ...rest] = all;
  if (first === undefined || rest.length === 0) return {};
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => rest.every(labels => labels[name] === value)),
  );
}

/** `name{a="b"}` as Prometheus writes it, without what is common; the query where nothing is left. */
export function nameOf(
  labels: Readonly<Record<string, string>>,
  common: Readonly<Record<string, string>> = {},
  query = '',
): string {
  const shown = Object.entries(labels).filter(([name]) => !(name in common));
  const metric = shown.find(([name]) => name === '__name__')?.[1] ?? '';
  const rest = shown.filter(([name]) => name !== '__name__').map(([name, value]) => `${name}="${value}"`);
  if (rest.length > 0) return `${metric}{${rest.join(', ')}}`;
  return metric === '' ? query || '{}' : metric;
}
