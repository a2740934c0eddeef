import type { Labels } from './promql/index.ts';

/** An example of what a series counted, with the trace that it came from. */
export interface SeriesExemplar {
  /** Epoch ms. */
  at: number;
  value: number;
  /** `trace_id`, `span_id`, and what else the sender gave. */
  labels: Labels;
}

export interface SeriesExemplars {
  series: Labels;
  exemplars: SeriesExemplar[];
}
