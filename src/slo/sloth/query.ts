import { PromqlError, parse } from '../promql.ts';

/** Where a query's range stands: `{{.window}}` or `{{ .window }}`. */
export const WINDOW = /\{\{\s*\.window\s*\}\}/g;

/** What is wrong with a query of an indicator, if anything. */
export function queryProblem(query: string): string | undefined {
  const filled = query.replaceAll(WINDOW, '1m');
  if (filled === query)
    return /\{\{.*?window.*?\}\}/i.test(query)
      ? 'the window is written {{.window}}'
      : 'the query must have {{.window}} where its range stands, as in rate(errors_total[{{.window}}])';
  const problem = promqlProblem(filled);
  if (problem !== undefined) return `the query is not PromQL: ${problem}`;
  // The rules put it in brackets and divide it.
  return promqlProblem(`(${filled}\n) + 0`) === undefined
    ? undefined
    : 'the query gives a range of samples and not a number; put it in rate() or another function over time';
}

function promqlProblem(query: string): string | undefined {
  try {
    parse(query);
    return undefined;
  } catch (error) {
    if (error instanceof PromqlError) return error.message;
    throw error;
  }
}
