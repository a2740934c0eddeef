/**
 * OpenTelemetry's names as Prometheus's, as the compatibility specification says
 * (https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#otlp-metric-points-to-prometheus),
 * in the form that Prometheus's own OTLP endpoint gives by default: underscores, with suffixes of unit and type.
 */
export type MetricKind = 'counter' | 'gauge' | 'histogram' | 'summary';

/** UCUM units that have a Prometheus name. */
const units: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  TiBy: 'tibibytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  TBy: 'terabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '1': '',
  '%': 'percent',
};

const perUnits: Readonly<Record<string, string>> = {
  s: 'second',
  min: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  mo: 'month',
  y: 'year',
};

/** The name of a metric: `http.server.request.duration` in `s` → `http_server_request_duration_seconds`. */
export function metricName(name: string, unit: string, kind: MetricKind): string {
  const tokens = name.split(/[^A-Za-z0-9:]+/).filter(token => token !== '');
  const { main, per } = unitSuffixes(unit);
  if (main !== '' && !tokens.includes(main)) tokens.push(main);
  if (per !== '' && !tokens.includes(per)) tokens.push('per', per);
  if (kind === 'counter') moveToEnd(tokens, 'total');
  if (kind === 'gauge' && unit === '1') moveToEnd(tokens, 'ratio');
  const joined = tokens.join('_');
  return /^\d/.test(joined) ? `_${joined}` : joined;
}

/** The unit of a metric in Prometheus's words: `seconds`, `bytes_per_second`, or nothing. */
export function unitName(unit: string): string {
  const { main, per } = unitSuffixes(unit);
  return [main, per === '' ? '' : `per_${per}`].filter(part => part !== '').join('_');
}

function unitSuffixes(unit: string): { main: string; per: string } {
  const slash = unit.indexOf('/');
  const main = (slash < 0 ? unit : unit.slice(0, slash)).trim();
  const per = slash < 0 ? '' : unit.slice(slash + 1).trim();
  return {
    main: /[{}]/.test(main) ? '' : cleaned(Object.hasOwn(units, main) ? units[main]! : main),
    per: /[{}]/.test(per) ? '' : cleaned(Object.hasOwn(perUnits, per) ? perUnits[per]! : per),
  };
}

function cleaned(unit: string): string {
  return unit.replace(/[^A-Za-z0-9:]+/g, '_').replace(/^_+|_+$/g, '');
}

function moveToEnd(tokens: string[], token: string): void {
  for (let index = tokens.length - 1; index >= 0; index--)
    if (tokens[index] === token) tokens.splice(index, 1);
  tokens.push(token);
}

const labelNames = new Map<string, string>();

/** The name of a label: `http.request.method` → `http_request_method`. */
export function labelName(key: string): string {
  let name = labelNames.get(key);
  if (name === undefined) {
    name = key.replace(/[^A-Za-z0-9_]/g, '_');
    if (/^\d/.test(name)) name = `key_${name}`;
    else if (name.startsWith('__')) name = `key${name}`;
    if (labelNames.size > 10_000) labelNames.clear();
    labelNames.set(key, name);
  }
  return name;
}

/** A histogram's bound as the value of `le`. */
export function boundText(bound: number): string {
  if (bound === Number.POSITIVE_INFINITY) return '+Inf';
  if (bound === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(bound);
}
