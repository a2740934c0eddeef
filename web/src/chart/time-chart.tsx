import { AreaChart } from '@mantine/charts';
import { Box } from '@mantine/core';

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

/** One figure over time, with moments marked and a line for what is allowed. Gaps stay gaps. */
export function TimeChart({
  points,
  label,
  color,
  format,
  height = 104,
  from,
  to,
  moments = [],
  allowed,
  max,
}: {
  points: readonly Point[];
  label: string;
  color: string;
  format: (value: number) => string;
  height?: number;
  from: number;
  to: number;
  moments?: readonly Moment[];
  allowed?: number;
  /** The least top of the scale. */
  max?: number;
}) {
  const top = niceTop(Math.max(max ?? 0, allowed ?? 0, ...points.map(point => point.v ?? 0)));
  const bottom = Math.min(0, ...points.map(point => point.v ?? 0));
  return (
    <Box role="img" aria-label={describe(label, points, format)}>
      <AreaChart
        h={height}
        data={[...points]}
        dataKey="t"
        series={[{ name: 'v', label, color }]}
        withDots={false}
        withGradient={false}
        fillOpacity={0.18}
        strokeWidth={1.8}
        curveType="linear"
        connectNulls={false}
        gridAxis="none"
        tickLine="none"
        accessibilityLayer={false}
        areaProps={{ isAnimationActive: false }}
        areaChartProps={{ margin: { top: 18, right: 6, bottom: 0, left: 0 } }}
        valueFormatter={format}
        tooltipProps={{ labelFormatter: value => `${stamp(Number(value), to - from)} UTC` }}
        xAxisProps={{
          type: 'number',
          scale: 'time',
          domain: [from, to],
          allowDataOverflow: true,
          ticks: ticksOf(from, to),
          tickFormatter: (value: number) => tick(value, to - from),
          interval: 'preserveStartEnd',
          height: 32,
          padding: { left: 0, right: 0 },
          tickMargin: 0,
        }}
        yAxisProps={{
          domain: [bottom, top],
          allowDataOverflow: true,
          width: 58,
          ticks: bottom < 0 ? [bottom, 0, top] : [0, top],
        }}
        referenceLines={[
          ...(allowed === undefined
            ? []
            : [{ y: allowed, color: 'gray.6', strokeDasharray: '4 3', ifOverflow: 'hidden' as const }]),
          ...apart(moments, from, to).map(({ at, sign, color, dx }) => ({
            x: Date.parse(at),
            color,
            strokeWidth: 1.6,
            label: {
              value: sign,
              position: 'top' as const,
              dx,
              fontSize: 14,
              fontWeight: 700,
              fill: `var(--mantine-color-${color.replace('.', '-')})`,
            },
          })),
        ]}
      />
    </Box>
  );
}

/** The next round number, so that the scale does not move with every point. */
function niceTop(highest: number): number {
  if (!(highest > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  return power * ([1, 1.5, 2, 3, 4, 5, 6, 8].find(one => one * power >= highest * 0.999) ?? 10);
}

function describe(label: string, points: readonly Point[], format: (value: number) => string): string {
  const values = points.flatMap(({ v }) => (v === null ? [] : [v]));
  if (values.length === 0) return `${label}: no data`;
  return `${label}: now ${format(values.at(-1)!)}, highest ${format(Math.max(...values))}, lowest ${format(Math.min(...values))}`;
}

/** A sign's width as a share of the chart: nearer ones are moved apart. */
const SIGN_SHARE = 0.06;

/** The moments within the chart, the signs of neighbours moved so that both can be read. */
function apart(moments: readonly Moment[], from: number, to: number): (Moment & { dx: number })[] {
  const near = (to - from) * SIGN_SHARE;
  const seen = moments.filter(({ at }) => Date.parse(at) >= from && Date.parse(at) <= to);
  return seen.map((moment, index) => {
    const gap = (other: Moment | undefined) =>
      other === undefined ? Number.POSITIVE_INFINITY : Math.abs(Date.parse(other.at) - Date.parse(moment.at));
    const left = gap(seen[index + 1]) < near ? -7 : 0;
    const right = gap(seen[index - 1]) < near ? 7 : 0;
    return { ...moment, dx: left + right };
  });
}

/** Points with a null wherever more than 2.5 steps are missing, so that a line is not drawn over what is not known. */
export function withGaps(points: readonly { t: number; v: number }[]): Point[] {
  if (points.length < 3) return [...points];
  const steps = points.slice(1).map((point, index) => point.t - points[index]!.t);
  const usual = steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)]!;
  return points.flatMap((point, index): Point[] => {
    const before = points[index - 1];
    return before !== undefined && point.t - before.t > usual * 2.5
      ? [{ t: before.t + usual, v: null }, point]
      : [point];
  });
}

const STEPS_MS = [60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 432_000].map(
  s => s * 1000,
);

function ticksOf(from: number, to: number): number[] {
  const step = STEPS_MS.find(one => (to - from) / one <= 5) ?? STEPS_MS.at(-1)!;
  const ticks: number[] = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) ticks.push(t);
  return ticks;
}

const DAY_MS = 86_400_000;

/** As short as the length of the chart allows: `03:15:20`, `03:15`, `01-27`. */
function tick(at: number, length: number): string {
  const text = new Date(at).toISOString();
  return length > 2 * DAY_MS ? text.slice(5, 10) : text.slice(11, length < 240_000 ? 19 : 16);
}

function stamp(at: number, length: number): string {
  // The chart asks for a label before it points at anything.
  if (!Number.isFinite(at)) return '';
  const text = new Date(at).toISOString();
  return length > DAY_MS ? `${text.slice(0, 10)} ${text.slice(11, 16)}` : text.slice(11, 19);
}
