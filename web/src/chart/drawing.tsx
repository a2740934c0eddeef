import '@mantine/charts/styles.css';
import { CompositeChart } from '@mantine/charts';
import { useMemo } from 'react';
import { ReferenceDot } from 'recharts';
import { Drag } from './drag.tsx';
import { apart, freeScale, stamp, timeTick, timeTicks, zeroScale } from './scale.ts';
import { lonelyOf, type Moment, rowsOf, type Series } from './series.ts';
import { ChartTooltip } from './tooltip.tsx';

/** A point that stands for one event, as an exemplar; it can be opened. */
export interface Dot {
  t: number;
  v: number;
  label: string;
  /** A colour of the theme, without its shade. */
  color?: string;
  onOpen(): void;
}

export interface DrawingProps {
  series: readonly Series[];
  height: number;
  from: number;
  to: number;
  format: (value: number) => string;
  moments?: readonly Moment[];
  allowed?: number;
  /** The least top of the scale. */
  max?: number;
  /** `free`: what moves little fills the height, too; else the scale begins at zero. */
  scale?: 'zero' | 'free';
  /** Told when somebody drags over a part of the chart. */
  onZoom?: (from: number, to: number) => void;
  dots?: readonly Dot[];
  /** The key of a series that stands out. */
  highlighted?: string;
}

const PIXELS_PER_MARK = 48;
/** Beside the plot, in pixels. */
const LEFT = 58;
const RIGHT = 6;

export function Drawing({
  series,
  height,
  from,
  to,
  format,
  moments = [],
  allowed,
  max,
  scale = 'zero',
  onZoom,
  dots = [],
  highlighted,
}: DrawingProps) {
  const rows = useMemo(() => rowsOf(series), [series]);
  const [lowest, highest] = useMemo(() => extent(series), [series]);
  const { bottom, top, ticks } = (scale === 'free' ? freeScale : zeroScale)(
    lowest,
    Math.max(max ?? Number.NEGATIVE_INFINITY, allowed ?? Number.NEGATIVE_INFINITY, highest),
    height < 150 ? 1 : Math.floor(height / PIXELS_PER_MARK),
  );
  const dotOf = (key: string) => {
    const lonely = lonelyOf(rows, key);
    return lonely.size === 0 ? false : (props: DotProps) => lonelyDot(props, lonely);
  };
  const drawn = (
    <CompositeChart
      h={height}
      data={rows}
      dataKey="t"
      series={series.map(({ key, label, color, shape, dashed = false }) => ({
        name: key,
        label,
        color,
        type: shape ?? 'line',
        ...(dashed ? { strokeDasharray: '5 4' } : {}),
      }))}
      withDots={false}
      strokeWidth={1.8}
      curveType="linear"
      connectNulls={false}
      gridAxis={ticks.length > 2 ? 'x' : 'none'}
      tickLine="none"
      accessibilityLayer={false}
      lineProps={({ name }) => ({ dot: dotOf(name), strokeOpacity: faded(name, highlighted) })}
      areaProps={({ name }) => ({ dot: dotOf(name), fillOpacity: 0.18, activeDot: false })}
      barProps={({ name }) => ({ stackId: 'all', fillOpacity: faded(name, highlighted) })}
      composedChartProps={{
        margin: { top: 18, right: RIGHT, bottom: 0, left: 0 },
        barCategoryGap: 1,
      }}
      valueFormatter={format}
      tooltipProps={{
        position: {},
        // Where it stands in the way of the chart below, it still lets it be pointed at.
        wrapperStyle: { pointerEvents: 'none', zIndex: 10 },
        content: ({ label, payload }) => (
          <ChartTooltip
            title={`${stamp(Number(label), to - from)} UTC`}
            series={series}
            payload={payload}
            format={format}
          />
        ),
      }}
      xAxisProps={{
        type: 'number',
        scale: 'time',
        domain: [from, to],
        allowDataOverflow: true,
        ticks: timeTicks(from, to),
        tickFormatter: (value: number) => timeTick(value, to - from),
        interval: 'preserveStartEnd',
        height: 32,
        padding: { left: 0, right: 0 },
        tickMargin: 0,
      }}
      yAxisProps={{
        domain: [bottom, top],
        allowDataOverflow: true,
        width: LEFT,
        interval: 0,
        ticks,
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
    >
      {dots.map(dot => (
        <ReferenceDot
          key={`${dot.t}/${dot.v}/${dot.label}`}
          x={dot.t}
          y={dot.v}
          r={4.5}
          ifOverflow="hidden"
          fill="var(--mantine-color-body)"
          stroke={`light-dark(var(--mantine-color-${dot.color ?? 'grape'}-8), var(--mantine-color-${dot.color ?? 'grape'}-4))`}
          strokeWidth={2}
          style={{ cursor: 'pointer' }}
          onClick={() => dot.onOpen()}
        />
      ))}
    </CompositeChart>
  );
  return onZoom === undefined ? (
    drawn
  ) : (
    <Drag from={from} to={to} left={LEFT} right={RIGHT} onZoom={onZoom}>
      {drawn}
    </Drag>
  );
}

function extent(series: readonly Series[]): [number, number] {
  // Bars stand on one another: their sum is what must fit.
  const sums = new Map<number, number>();
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { points, shape } of series)
    for (const { t, v } of points) {
      if (v === null) continue;
      const value = shape === 'bar' ? (sums.get(t) ?? 0) + v : v;
      if (shape === 'bar') sums.set(t, value);
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  return Number.isFinite(low) ? [low, high] : [0, 0];
}

function faded(name: string, highlighted: string | undefined): number {
  return highlighted === undefined || highlighted === name ? 1 : 0.2;
}

interface DotProps {
  key?: string | number | bigint | null | undefined;
  cx?: number | undefined;
  cy?: number | undefined;
  stroke?: string | undefined;
  payload?: { t: number };
}

function lonelyDot({ key, cx, cy, stroke, payload }: DotProps, lonely: ReadonlySet<number>) {
  if (cx === undefined || cy === undefined || payload === undefined || !lonely.has(payload.t))
    return <g key={key} />;
  return <circle key={key} cx={cx} cy={cy} r={2.2} fill={stroke} />;
}
