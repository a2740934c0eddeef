import type { Column } from './column.ts';

/** What an expression evaluates to over a grid; the order of columns is the order of an instant query's result. */
export type Value =
  | { readonly kind: 'scalar'; readonly values: Float64Array }
  | { readonly kind: 'vector'; readonly columns: readonly Column[] }
  | { readonly kind: 'string'; readonly text: string };
