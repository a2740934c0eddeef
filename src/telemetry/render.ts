import { timeOfDay } from '../kernel/index.ts';
import type { InstantAnswer, MetricInfo, RangeAnswer, Value } from './answer.ts';
import type { GoldenSignals, SaturationSignal } from './golden.ts';
import { labelsText } from './promql/labels.ts';
import { cut, ms, perSecond, share, table } from './text.ts';
import type {
  Answered,
  Edge,
  OperationStats,
  ServiceVersions,
  TimelineBucket,
  TraceSummary,
} from './trace.ts';

/** Lines of a list in a terminal; more are counted. */
const mostLines = 50;

function limited(lines: readonly string[], what: string): string[] {
  return lines.length <= mostLines
    ? [...lines]
    : [...lines.slice(0, mostLines), `… and ${lines.length - mostLines} more ${what}; --json gives all.`];
}

function number(value: Value): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : value;
}

function seriesName(labels: Readonly<Record<string, string>>): string {
  const { __name__: name = '', ...rest } = labels;
  return `${name}${Object.keys(rest).length > 0 || name === '' ? labelsText(rest) : ''}`;
}

export function instantText({ at, samples, scalar, warnings }: InstantAnswer): string {
  const lines = samples.map(({ labels, value }) => `${number(value).padStart(12)}  ${seriesName(labels)}`);
  return [
    ...(scalar === undefined ? [] : [number(scalar)]),
    ...limited(lines, 'series'),
    ...(samples.length === 0 && scalar === undefined
      ? [`No data at ${at}: no series agrees, or none has a sample.`]
      : []),
    ...warnings.map(warning => `Note: ${warning}`),
  ].join('\n');
}

const sparks = '▁▂▃▄▅▆▇█';

function sparkline(values: readonly number[], width = 40): string {
  const size = Math.max(1, Math.ceil(values.length / width));
  const parts: number[] = [];
  for (let from = 0; from < values.length; from += size)
    parts.push(Math.max(...values.slice(from, from + size)));
  const low = Math.min(...parts);
  const high = Math.max(...parts);
  return parts
    .map(value => sparks[high === low ? 0 : Math.round(((value - low) / (high - low)) * 7)])
    .join('');
}

export function rangeText({ from, to, step, series, warnings }: RangeAnswer): string {
  const lines = series.flatMap(({ labels, points }) => {
    const values = points.map(([, value]) => value).filter(value => typeof value === 'number');
    const last = points.at(-1);
    if (values.length === 0)
      return [seriesName(labels), `  ${points.length} points, none of them a finite number`];
    return [
      seriesName(labels),
      `  ${sparkline(values)}  ${number(Math.min(...values))} … ${number(Math.max(...values))}, last ${number(last![1])}`,
    ];
  });
  return [
    `${from} to ${to}, every ${step}`,
    ...limited(lines, 'lines'),
    ...(series.length === 0 ? ['No data: no series agrees in this window.'] : []),
    ...warnings.map(warning => `Note: ${warning}`),
  ].join('\n');
}

export function metricsText({ metrics, total }: { metrics: readonly MetricInfo[]; total: number }): string {
  if (total === 0) return 'No metric agrees, or none is stored yet: OTLP goes to /v1/metrics.';
  const rows = metrics.map(({ metric, type, unit, series }) => [metric, type, unit, String(series)]);
  const more = total > metrics.length ? [`… and ${total - metrics.length} more.`] : [];
  return [table(['METRIC', 'TYPE', 'UNIT', 'SERIES'], rows), ...more].join('\n');
}

export function servicesText(services: readonly ServiceVersions[]): string {
  if (services.length === 0) return 'No service sent a span in this window.';
  return table(
    ['SERVICE', 'VERSION', 'SPANS', 'SINCE', 'LAST'],
    services.flatMap(({ service, versions }) =>
      versions.map(({ version, count, firstSeen, lastSeen }) => [
        service,
        version === '' ? '–' : version,
        String(count),
        timeOfDay(firstSeen, 'second'),
        timeOfDay(lastSeen, 'second'),
      ]),
    ),
  );
}

export function goldenText(signals: GoldenSignals): string {
  const { service, from, to, traffic, errors, latency, saturation, source } = signals;
  const lines = [`${service}, ${timeOfDay(from, 'second')} to ${timeOfDay(to, 'second')} UTC`];
  if (source === 'no_data') lines.push('No data: no request was seen in this window.');
  else
    lines.push(
      `From ${source === 'spans' ? 'server and consumer spans' : (signals.metric ?? 'a histogram of requests')}.`,
    );
  if (latency !== undefined)
    lines.push(`  latency     p50 ${ms(latency.p50Ms)}, p95 ${ms(latency.p95Ms)}, p99 ${ms(latency.p99Ms)}`);
  if (traffic !== undefined)
    lines.push(`  traffic     ${perSecond(traffic.perSecond)} (${Math.round(traffic.requests)} requests)`);
  if (errors !== undefined && traffic !== undefined)
    lines.push(`  errors      ${share(errors.count, traffic.requests)} (${Math.round(errors.count)})`);
  if (saturation.length === 0) lines.push('  saturation  not known: no metric of a resource was found');
  for (const [index, one] of saturation.entries())
    lines.push(`  ${index === 0 ? 'saturation' : '          '}  ${saturationText(one)}`);
  if (signals.missing.length > 0) lines.push('', 'Not seen, and what would tell:');
  for (const { signal, how } of signals.missing)
    for (const [index, line] of folded(how, 66).entries())
      lines.push(`  ${(index === 0 ? signal : '').padEnd(11)} ${line}`);
  return lines.join('\n');
}

function folded(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

function saturationText({ resource, which, value, unit, limit }: SaturationSignal): string {
  const show = (figure: number) =>
    unit === 'bytes'
      ? `${Math.round(figure / 1024 / 1024)} MiB`
      : unit === 'seconds'
        ? ms(figure * 1000)
        : unit === 'ratio'
          ? `${Math.round(figure * 100)} %`
          : unit === 'cores'
            ? `${Number(figure.toPrecision(2))} cores`
            : String(Number(figure.toPrecision(4)));
  const of = limit === undefined || unit === 'ratio' ? '' : ` of ${show(limit)}`;
  return `${resource}${which === undefined ? '' : ` (${cut(which, 30)})`}: ${show(value)}${of}`;
}

export function tracesText(traces: readonly TraceSummary[]): string {
  if (traces.length === 0) return 'No trace agrees in this window.';
  const rows = traces.map(trace => [
    `${trace.rootService} ${trace.rootOperation}`,
    ms(trace.durationMs),
    String(trace.spans),
    String(trace.errors),
    timeOfDay(trace.at, 'second'),
  ]);
  const lines = table(['ROOT', 'DURATION', 'SPANS', 'ERRORS', 'AT'], rows, 78).split('\n');
  return limited(
    lines.flatMap((line, index) => (index === 0 ? [line] : [line, `  ${traces[index - 1]!.traceId}`])),
    'lines',
  ).join('\n');
}

export function operationsText(operations: readonly OperationStats[]): string {
  if (operations.length === 0) return 'No span agrees in this window.';
  const rows = operations.map(one => [
    [one.service, one.version, one.operation, one.peer === undefined ? undefined : `→ ${one.peer}`]
      .filter(part => part !== undefined)
      .join(' '),
    String(one.count),
    share(one.errors, one.count),
    ms(one.p50Ms),
    ms(one.p99Ms),
    ms(one.totalMs),
  ]);
  const lines = table(['OPERATION', 'COUNT', 'ERRORS', 'P50', 'P99', 'TOTAL'], rows).split('\n');
  return limited(
    lines.flatMap((line, index) => {
      const statement = operations[index - 1]?.statement;
      return statement === undefined ? [line] : [line, `  ${cut(statement, 76)}`];
    }),
    'lines',
  ).join('\n');
}

export function mapText({
  seconds,
  nodes,
  edges,
}: {
  seconds: number;
  nodes: readonly (Answered & { kind: string })[];
  edges: readonly Edge[];
}): string {
  if (nodes.length === 0) return 'No spans in this window: the map is not known.';
  const figures = (one: { count: number; errors: number; p50Ms: number; p99Ms: number }) => [
    perSecond(one.count / seconds),
    share(one.errors, one.count),
    ms(one.p50Ms),
    ms(one.p99Ms),
  ];
  return [
    table(
      ['SERVICE', 'RATE', 'ERRORS', 'P50', 'P99'],
      nodes.map(one => [
        one.kind === 'service' ? one.service : `${one.service} (${one.kind})`,
        ...figures(one),
      ]),
    ),
    '',
    ...(edges.length === 0
      ? ['No calls between services were seen.']
      : [
          table(
            ['CALL', 'RATE', 'ERRORS', 'P50', 'P99'],
            edges.map(one => [`${one.from} → ${one.to}`, ...figures(one)]),
          ),
        ]),
  ].join('\n');
}

export function timelineText(buckets: readonly TimelineBucket[]): string {
  if (buckets.length === 0) return 'No request in this window.';
  const most = Math.max(...buckets.map(({ count }) => count));
  return table(
    ['AT', 'COUNT', 'ERRORS', 'P50', 'P99', 'REQUESTS'],
    buckets.map(({ at, count, errors, p50Ms, p99Ms }) => [
      timeOfDay(at, 'second'),
      String(count),
      share(errors, count),
      ms(p50Ms),
      ms(p99Ms),
      '▇'.repeat(Math.max(1, Math.round((count / most) * 20))).padEnd(20),
    ]),
  );
}
