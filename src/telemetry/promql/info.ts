import type { Call } from './ast.ts';
import type { Column, Grid } from './column.ts';
import { failed } from './promql-error.ts';
import type { Query } from './query.ts';

export async function info(
  _query: Query,
  expr: Call,
  _columns: readonly Column[],
  _grid: Grid,
): Promise<Column[]> {
  throw failed('info() is not there yet', expr.position);
}
