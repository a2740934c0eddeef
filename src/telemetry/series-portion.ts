import type { IndexedSeries } from './series-index.ts';

/** What is assumed of a series whose samples are to be estimated. */
const usualIntervalMs = 15_000;

/** Samples that one statement reads, as estimated. */
export const usualPart = 500_000;

/** About how many samples a series may have from `fromMs` to `toMs`. */
export function estimatedSamples(series: IndexedSeries, fromMs: number, toMs: number): number {
  const from = Math.max(fromMs, series.firstSeen);
  return Math.max(1, (toMs - from) / usualIntervalMs);
}

/** Cuts a list of series into parts of about so many samples. */
export function portions(
  chosen: readonly IndexedSeries[],
  startMs: number,
  endMs: number,
  samples: number,
): (readonly IndexedSeries[])[] {
  const out: IndexedSeries[][] = [];
  let left = 0;
  for (const series of chosen) {
    const estimate = estimatedSamples(series, startMs, endMs);
    if (left < estimate || out.length === 0) {
      out.push([]);
      left = samples;
    }
    out.at(-1)!.push(series);
    left -= estimate;
  }
  return out;
}
