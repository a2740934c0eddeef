import { type DurationText, duration, Fault } from '../kernel/index.ts';
import { children, type Expr, format, type PromDuration, PromqlError, parse, unwrapped } from './promql.ts';

/** A query as an indicator gives it. OpenSLO leaves its text to the data source; here it is PromQL. */
export interface IndicatorQuery {
  text: string;
  /** OpenSLO's `counter`: the metric only ever grows. Undefined: told by the metric's name. */
  counter?: boolean | undefined;
}

/** PromQL for one window: `sum(increase(http_requests_total[5m]))`. */
export type WindowQuery = (window: DurationText) => string;

const PLACEHOLDER = /\{\{\s*\.window\s*\}\}|\$\{?__(?:window|range|interval|rate_interval)\}?/g;
/** How often a value that goes up and down is looked at. */
export const SAMPLE_EVERY = '1m';
const PER_SECOND = new Set(['rate', 'irate']);
const OVER_COUNTER = new Set(['rate', 'irate', 'increase', 'delta', 'xrate', 'xincrease']);
const COUNTER_NAME = /(?:_total|_count|_sum|_bucket)$/;

/**
 * How many events an indicator's query counts over a window. OpenSLO does not say how a window gets into a query, so
 * this is the rule, tried in this order:
 *
 * 1. The text has a placeholder (`{{.window}}` as Sloth writes it, `$__window`, `$__range`, `$__rate_interval`): it is
 *    replaced and the text otherwise left alone.
 * 2. It has ranges inside `rate`, `increase` or `delta` (`sum(rate(x[5m]))`): the window takes the ranges' place.
 * 3. It selects counters without a range (`counter: true`, or by name: `_total`, `_count`, `_bucket`, `_sum`): each
 *    selector becomes `increase(selector[window])`.
 * 4. Otherwise it is a value that goes up and down: it is looked at once a minute and summed over the window.
 *
 * The answer is one series without labels. A query per second is multiplied by the window's seconds, so that all count
 * events. Throws `invalid` when the text is not PromQL.
 */
export function eventsOver(query: IndicatorQuery): WindowQuery {
  const sample = parsed(query.text.replace(PLACEHOLDER, '5m'));
  const summed = (window: string, text: string, expr: Expr) => {
    const one = isSum(expr) ? text : `sum(${text})`;
    return calls(expr).some(name => PER_SECOND.has(name)) ? `${one} * ${duration(window) / 1000}` : one;
  };
  if (hasPlaceholder(query.text))
    return window => summed(window, query.text.replace(PLACEHOLDER, window).trim(), sample);
  if (calls(sample).some(name => OVER_COUNTER.has(name)))
    return window => {
      const expr = withRange(sample, window);
      return summed(window, format(expr), expr);
    };
  if (query.counter ?? countersOnly(sample))
    return window => {
      const expr = increased(sample, window);
      return summed(window, format(expr), expr);
    };
  return window => `sum(sum_over_time((${format(sample)})[${window}:${SAMPLE_EVERY}]))`;
}

/** The mean of a ratio over a window: placeholders and ranges as above, else the mean of a look a minute. */
export function meanOver(text: string): WindowQuery {
  if (hasPlaceholder(text)) {
    parsed(text.replace(PLACEHOLDER, '5m'));
    return window => `(${text.replace(PLACEHOLDER, window).trim()})`;
  }
  const sample = parsed(text);
  if (calls(sample).some(name => OVER_COUNTER.has(name)))
    return window => `(${format(withRange(sample, window))})`;
  return window => `avg_over_time((${format(sample)})[${window}:${SAMPLE_EVERY}])`;
}

/** The value itself, as a thresholdMetric compares it; its own ranges stay. */
export function plainValue(text: string): string {
  const plain = text.replace(PLACEHOLDER, '5m');
  parsed(plain);
  return plain.trim();
}

/** True when the query looks into a histogram, whose absence is a mistake and never a zero. */
export function readsBuckets(text: string): boolean {
  const expr = parsed(text.replace(PLACEHOLDER, '5m'));
  // The count of a native histogram is a counter as any other.
  if (calls(expr).some(name => name.startsWith('histogram_') && name !== 'histogram_count')) return true;
  return selectors(parsed(text.replace(PLACEHOLDER, '5m'))).some(selector =>
    selector.matchers.some(matcher => matcher.name === 'le'),
  );
}

/** The selectors of a query in PromQL, as `http_requests_total{code="200"}`: for asking which series there are. */
export function selectorsIn(text: string): string[] {
  return selectors(parsed(text.replace(PLACEHOLDER, '5m'))).map(({ offset: _offset, at: _at, ...selector }) =>
    format(selector),
  );
}

function hasPlaceholder(text: string): boolean {
  return text.search(PLACEHOLDER) >= 0;
}

function parsed(text: string): Expr {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof PromqlError)) throw error;
    throw new Fault('invalid', `The query is not PromQL: ${error.message}`, {
      cause: error,
      hint: `The query: ${text.slice(0, 200)}`,
    });
  }
}

function calls(expr: Expr): string[] {
  return [...(expr.kind === 'call' ? [expr.function] : []), ...children(expr).flatMap(calls)];
}

function selectors(expr: Expr): Extract<Expr, { kind: 'vector-selector' }>[] {
  return expr.kind === 'vector-selector' ? [expr] : children(expr).flatMap(selectors);
}

function countersOnly(expr: Expr): boolean {
  const all = selectors(expr);
  return (
    all.length > 0 && all.every(selector => selector.name !== undefined && COUNTER_NAME.test(selector.name))
  );
}

function isSum(expr: Expr): boolean {
  const inner = unwrapped(expr);
  return inner.kind === 'aggregate' && inner.op === 'sum' && !inner.without && inner.grouping.length === 0;
}

function rangeOf(window: string, expr: Expr): PromDuration {
  return { kind: 'seconds', value: duration(window) / 1000, text: window, at: expr.position };
}

/** Every range inside a function over counters becomes the window. */
function withRange(expr: Expr, window: string): Expr {
  if (expr.kind === 'call' && OVER_COUNTER.has(expr.function)) {
    const args = expr.args.map(arg =>
      arg.kind === 'matrix-selector' ? { ...arg, range: rangeOf(window, arg) } : withRange(arg, window),
    );
    // irate looks at two samples only, whatever the range: over a window it is rate.
    return { ...expr, function: expr.function === 'irate' ? 'rate' : expr.function, args };
  }
  return mapped(expr, child => withRange(child, window));
}

/** Every plain selector becomes its increase over the window. */
function increased(expr: Expr, window: string): Expr {
  if (expr.kind === 'vector-selector')
    return {
      kind: 'call',
      function: 'increase',
      position: expr.position,
      args: [
        { kind: 'matrix-selector', position: expr.position, selector: expr, range: rangeOf(window, expr) },
      ],
    };
  if (expr.kind === 'matrix-selector') return expr;
  return mapped(expr, child => increased(child, window));
}

function mapped(expr: Expr, change: (child: Expr) => Expr): Expr {
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'vector-selector':
    case 'matrix-selector':
      return expr;
    case 'call':
      return { ...expr, args: expr.args.map(change) };
    case 'aggregate':
      return { ...expr, of: change(expr.of) };
    case 'binary':
      return { ...expr, left: change(expr.left), right: change(expr.right) };
    case 'subquery':
    case 'unary':
    case 'paren':
      return { ...expr, of: change(expr.of) };
  }
}
