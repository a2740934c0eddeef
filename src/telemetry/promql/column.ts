import type { Labels } from './labels.ts';
import { labelsKey } from './labels.ts';
import type { NativeHistogram } from './native-histogram.ts';
import { failed, type Position } from './promql-error.ts';

/** The instants of an evaluation: `startMs + i * stepMs` for i < count. */
export interface Grid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

export const absent = 0;
export const float = 1;
export const histogram = 2;

/** One series over a grid. `state[i]` tells whether step i has no sample, a float, or a histogram. */
export interface Column {
  labels: Labels;
  readonly state: Uint8Array;
  readonly values: Float64Array;
  histograms?: (NativeHistogram | undefined)[];
  /** The metric's name is to go before the result is handed out. */
  nameless?: boolean;
}

export function emptyColumn(labels: Labels, count: number): Column {
  return { labels, state: new Uint8Array(count), values: new Float64Array(count) };
}

export function setHistogram(column: Column, step: number, value: NativeHistogram): void {
  column.histograms ??= new Array<NativeHistogram | undefined>(column.state.length).fill(undefined);
  column.histograms[step] = value;
  column.state[step] = histogram;
}

export function setFloat(column: Column, step: number, value: number): void {
  column.values[step] = value;
  column.state[step] = float;
}

/** Whether any step has a sample. */
export function isPresent(column: Column): boolean {
  return column.state.some(state => state !== absent);
}

/** A copy of one step's sample into another column. */
export function copyStep(from: Column, to: Column, step: number): void {
  const state = from.state[step]!;
  if (state === float) {
    to.state[step] = float;
    to.values[step] = from.values[step]!;
  } else if (state === histogram) setHistogram(to, step, from.histograms![step]!);
}

/**
 * Columns of equal labels become one; they may not have a sample at the same step.
 * @throws PromqlError "vector cannot contain metrics with the same labelset"
 */
export function merged(columns: readonly Column[], position?: Position): Column[] {
  if (columns.length < 2) return [...columns];
  const byKey = new Map<string, Column>();
  const copies = new Set<Column>();
  for (const column of columns) {
    const key = labelsKey(column.labels);
    let target = byKey.get(key);
    if (!target) {
      byKey.set(key, column);
      continue;
    }
    if (!copies.has(target)) {
      target = {
        ...target,
        state: target.state.slice(),
        values: target.values.slice(),
        ...(target.histograms && { histograms: target.histograms.slice() }),
      };
      copies.add(target);
      byKey.set(key, target);
    }
    for (let i = 0; i < column.state.length; i++) {
      if (column.state[i] === absent) continue;
      if (target.state[i] !== absent) {
        throw failed('vector cannot contain metrics with the same labelset', position);
      }
      copyStep(column, target, i);
    }
  }
  return [...byKey.values()];
}
