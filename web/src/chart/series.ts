/** A moment to mark on a chart: its sign stands at the top of the line, and in the list of moments below. */
export interface Moment {
  at: string;
  sign: string;
  color: string;
  text: string;
}

export interface Point {
  /** Epoch milliseconds. */
  t: number;
  /** null: no data, which is drawn as a gap. */
  v: number | null;
}

/** One line, area or stack of bars. */
export interface Series {
  /** Unlike those of the others in the chart. */
  key: string;
  label: string;
  color: string;
  points: readonly Point[];
  shape?: 'area' | 'line' | 'bar';
  /** Not measured, but reckoned. */
  dashed?: boolean;
}

/** A row of the chart's data: the instant, and of each series that has something then its value. */
export type Row = { t: number } & Record<string, number | null>;

/** Points with a null wherever more than 2.5 steps are missing, so that a line is not drawn over what is not known. */
export function withGaps(points: readonly { t: number; v: number }[]): Point[] {
  const usual = usualStep(points.map(({ t }) => t));
  if (usual === undefined) return [...points];
  return points.flatMap((point, index): Point[] => {
    const before = points[index - 1];
    return before !== undefined && point.t - before.t > usual * 2.5
      ? [{ t: before.t + usual, v: null }, point]
      : [point];
  });
}

/** All series by instant. An instant at which one has nothing is a gap in its line. */
export function rowsOf(series: readonly Series[]): Row[] {
  const rows = new Map<number, Row>();
  for (const { key, points } of series)
    for (const { t, v } of points) {
      let row = rows.get(t);
      if (row === undefined) {
        row = { t };
        rows.set(t, row);
      }
      row[key] = v;
    }
  const sorted = [...rows.values()].toSorted((a, b) => a.t - b.t);
  const usual = usualStep(sorted.map(({ t }) => t));
  // What is reckoned has marks of its own, that say nothing of gaps in what was measured.
  if (series.length < 2 || usual === undefined || series.some(({ dashed }) => dashed)) return sorted;
  return sorted.flatMap((row, index) => {
    const before = sorted[index - 1];
    return before !== undefined && row.t - before.t > usual * 2.5 ? [{ t: before.t + usual }, row] : [row];
  });
}

/** Instants of a series that stand alone between gaps: a line would not show them. */
export function lonelyOf(rows: readonly Row[], key: string): Set<number> {
  const known = (row: Row | undefined) => typeof row?.[key] === 'number';
  return new Set(
    rows.filter((row, i) => known(row) && !known(rows[i - 1]) && !known(rows[i + 1])).map(({ t }) => t),
  );
}

function usualStep(times: readonly number[]): number | undefined {
  if (times.length < 3) return undefined;
  const steps = times.slice(1).map((t, index) => t - times[index]!);
  return steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)]!;
}

/** What a chart shows, in words: for those who do not see it. */
export function describe(
  label: string,
  series: readonly Series[],
  format: (value: number) => string,
): string {
  const told = series.slice(0, 5).map(({ label: name, points }) => {
    const values = points.flatMap(({ v }) => (v === null ? [] : [v]));
    const words =
      values.length === 0
        ? 'no data'
        : `now ${format(values.at(-1)!)}, highest ${format(highest(values))}, lowest ${format(-highest(values.map(v => -v)))}`;
    return series.length === 1 ? words : `${name} ${words}`;
  });
  if (told.length === 0) return label;
  const more = series.length > told.length ? `; and ${series.length - told.length} more` : '';
  return `${label}: ${told.join('; ')}${more}`;
}

function highest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}
