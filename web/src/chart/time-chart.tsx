import { Box } from '@mantine/core';
import { Arriving } from '../arriving.tsx';
import { lazyPart } from '../lazy-part.ts';
import type { DrawingProps } from './drawing.tsx';
import { describe, type Point, type Series } from './series.ts';

/** The drawing is the largest part of the console and comes when a chart is first shown. */
const Drawing = lazyPart(async () => (await import('./drawing.tsx')).Drawing);

type Figures = { points: readonly Point[]; color: string } | { series: readonly Series[] };

type TimeChartProps = Figures & Omit<DrawingProps, 'series' | 'height'> & { label: string; height?: number };

/** Figures over time, with moments marked and a line for what is allowed. Gaps stay gaps. */
export function TimeChart({ label, height = 104, ...rest }: TimeChartProps) {
  const series: readonly Series[] =
    'series' in rest
      ? rest.series
      : [{ key: 'v', label, color: rest.color, points: rest.points, shape: 'area' }];
  const { from, to, format, moments, allowed, max, onZoom, dots, scale, highlighted } = rest;
  return (
    <Box role="img" aria-label={describe(label, series, format)} style={{ minHeight: height }}>
      <Arriving height={height}>
        <Drawing
          series={series}
          height={height}
          from={from}
          to={to}
          format={format}
          {...(moments === undefined ? {} : { moments })}
          {...(allowed === undefined ? {} : { allowed })}
          {...(max === undefined ? {} : { max })}
          {...(onZoom === undefined ? {} : { onZoom })}
          {...(dots === undefined ? {} : { dots })}
          {...(scale === undefined ? {} : { scale })}
          {...(highlighted === undefined ? {} : { highlighted })}
        />
      </Arriving>
    </Box>
  );
}
