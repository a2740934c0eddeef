import { Fault, nearest } from '../kernel/index.ts';
import { caretLines } from './caret.ts';
import { callable } from './promql/index.ts';

/** A query that cannot be read or evaluated, with the line and a caret where its message tells the place (`1:5: …`). */
export function promqlFault(
  code: 'invalid' | 'too_large' | 'cancelled',
  message: string,
  query: string,
  { hint, cause }: { hint?: string | undefined; cause?: unknown } = {},
): Fault {
  const [, line, column] = /^(\d+):(\d+): /.exec(message) ?? [];
  const text = line === undefined ? undefined : query.split('\n')[Number(line) - 1];
  const place = text === undefined || text === '' ? '' : `\n${caretLines(text, Number(column) - 1)}`;
  return new Fault(code, `PromQL: ${message}${place}`, {
    field: 'query',
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The function that a message says is not known; undefined if it is about something else. */
export function unknownFunction(message: string): string | undefined {
  return /unknown function with name "([^"]+)"/.exec(message)?.[1];
}

/** What may have been meant by a function that is not there: another function, or a metric, which takes no parentheses. */
export function functionHint(name: string, metrics: readonly string[]): string {
  if (metrics.includes(name)) return `${name} is a metric: it takes no parentheses, only {…} and […].`;
  // Of names as near as each other, one whose end is missing: rat is rate and not rad.
  const begun = (one: string) => Number(one.startsWith(name));
  const near = nearest(
    name,
    callable.toSorted((a, b) => begun(b) - begun(a)),
  );
  if (near !== undefined) return `Did you mean ${near}()?`;
  const metric = nearest(name, metrics);
  return metric === undefined
    ? 'Functions are those of Prometheus 3, as rate, increase, histogram_quantile; nines telemetry metrics lists the metrics.'
    : `Did you mean the metric ${metric}? It takes no parentheses.`;
}
