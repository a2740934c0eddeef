import type { MatrixSelector } from '../telemetry/promql/index.ts';

// The one place where this room touches PromQL's grammar.
export { children, type Expr, format, PromqlError, parse, unwrapped } from '../telemetry/promql/index.ts';
export type PromDuration = MatrixSelector['range'];
