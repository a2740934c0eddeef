import type { Objective } from '../objective.ts';
import type { PrometheusRule, RuleGroup } from '../prometheus/rules.ts';
import type { LevelSignal, RequestSignal, SaturationSignal, Signals } from '../signals/signal.ts';
import { rateOf } from '../signals/signal.ts';
import { boundText, slug } from '../slo-draft.ts';
import { errorRatio, quantileOf } from './expressions.ts';

export const GoldenSignal = [
  'errors',
  'latency',
  'traffic',
  'saturation',
  'uptime',
  'freshness',
  'backlog',
] as const;

/** One alert with why somebody should act on it. */
export interface GoldenAlert {
  name: string;
  signal: (typeof GoldenSignal)[number];
  severity: 'page' | 'ticket';
  /** Over recorded series, as the rule has it. */
  expr: string;
  /** The same without recordings, for looking at the past. */
  raw: string;
  for: string;
  summary: string;
  /** Why it matters, and what to do first. */
  reason: string;
}

export interface Monitoring {
  recordings: PrometheusRule[];
  alerts: GoldenAlert[];
}

export interface MonitoringFacts {
  service: string;
  signals: Signals;
  objectives: readonly Pick<Objective, 'id' | 'target' | 'sli'>[];
  /** Bounds that the past tells, by metric: of levels in their unit, of histograms in theirs. */
  bounds: ReadonlyMap<string, number>;
}

const WINDOW = '5m';
/** The share of errors that pages where no objective says what is too much. */
const ERROR_RATIO = 0.05;
/** Below so many requests a second a share says little; the burn rules of an SLO know low traffic better. */
const LEAST_RATE = 0.1;
const FULL = 0.9;
/** The fastest rule of the SRE Workbook, chapter 5. */
const FAST_BURN = 14.4;

type Recorder = (name: string, expr: string, labels?: Record<string, string>) => string;

/** The four golden signals (SRE book, chapter 6) of a service, as far as it exports them. */
export function goldenSignals(facts: MonitoringFacts): Monitoring {
  const { service, signals, objectives, bounds } = facts;
  const recordings: PrometheusRule[] = [];
  const record: Recorder = (name, expr, labels = {}) => {
    const all = { service, ...labels };
    recordings.push({ record: name, expr, labels: all });
    return `${name}{${Object.entries(all)
      .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
      .join(',')}}`;
  };
  const pascal = pascalCase(slug(service));
  const alerts = [
    ...signals.requests.flatMap((one, index) => requestAlerts(facts, one, index === 0, pascal, record)),
    ...signals.latency.map((one, index): GoldenAlert => {
      const labels = index === 0 ? {} : { kind: one.family };
      record('service:request_latency:p50_5m', quantileOf(one, 0.5, WINDOW), labels);
      const p99 = record('service:request_latency:p99_5m', quantileOf(one, 0.99, WINDOW), labels);
      const objective = objectives.find(({ sli }) => sli.kind === 'latency');
      const promise = index === 0 ? promised(objective) : undefined;
      const bound =
        promise ?? String(bounds.get(one.metric) ?? one.bounds[Math.floor(one.bounds.length / 2)]);
      return {
        name: `${pascal}${index === 0 ? '' : pascalCase(one.family)}Slow`,
        signal: 'latency',
        severity: promise === undefined ? 'ticket' : 'page',
        expr: `${p99} > ${bound}`,
        raw: `${quantileOf(one, 0.99, WINDOW)} > ${bound}`,
        for: '10m',
        summary: `One in a hundred ${one.noun} to ${service} takes longer than ${Number((Number(bound) * one.unitMs).toPrecision(4))} ms.`,
        reason: `${
          promise !== undefined
            ? `It is what ${objective!.id} promises.`
            : bounds.has(one.metric)
              ? 'The bound held for 99.5 % of the last 30 days: put the one in that users are given.'
              : 'The bound is the middle of the histogram’s and no promise: put the one in that users are given.'
        } See which operation and which dependency got slower.`,
      };
    }),
    ...uptimeAlerts(facts, pascal),
    ...signals.levels.flatMap(one => levelAlert(facts, one, pascal, record)),
    ...signals.saturation.flatMap(one => saturationAlert(service, pascal, one, record)),
  ];
  return { recordings, alerts };
}

function requestAlerts(
  { service, objectives }: MonitoringFacts,
  signal: RequestSignal,
  first: boolean,
  pascal: string,
  record: Recorder,
): GoldenAlert[] {
  const { noun, family, all } = signal;
  const labels: Record<string, string> = first ? {} : { kind: family };
  const name = `${pascal}${first ? '' : pascalCase(family)}`;
  const every = rateOf(all, WINDOW);
  const share = errorRatio(signal, WINDOW);
  const rate = record('service:requests:rate5m', every, labels);
  const ratio = record('service:request_errors:ratio_rate5m', share, labels);
  const objective = first ? objectives.find(one => one.sli.kind === 'availability') : undefined;
  const limit =
    objective === undefined
      ? ERROR_RATIO
      : Number(Math.min(FAST_BURN * (1 - objective.target), 0.5).toPrecision(4));
  const because =
    objective === undefined
      ? 'No objective says how much is too much: define one (nines slo suggest) and let its burn page instead.'
      : `At this rate the budget of ${objective.id} lasts two days; its burn rules page too, this one also works where they are not loaded.`;
  const at = (offset: string) => rateOf(all, '1h').replaceAll('[1h]', `[1h] offset ${offset}`);
  const before = at('1d');
  const week = at('1w');
  const few = (now: string) =>
    `(${now} or vector(0)) < 0.1 * (${before}) and (${before}) > ${LEAST_RATE} unless (${now}) >= 0.1 * (${week})`;
  return [
    {
      name: `${name}Errors`,
      signal: 'errors',
      severity: family === 'logs' ? 'ticket' : 'page',
      expr: `${ratio} > ${limit} and ${rate} > ${LEAST_RATE}`,
      raw: `(${share}) > ${limit} and (${every}) > ${LEAST_RATE}`,
      for: '5m',
      summary: `More than ${percent(limit)} of the ${noun} ${family === 'work' || family === 'logs' ? 'of' : 'to'} ${service} fail.`,
      reason: `${family === 'work' ? 'Work is lost or done late.' : 'Users see errors.'} Look at what changed last, and roll it back if it began then. ${because}`,
    },
    {
      name: `${name}NoTraffic`,
      signal: 'traffic',
      severity: family === 'logs' ? 'ticket' : 'page',
      // Summed, so that a recorded rate and the zero in its stead have the same labels: none.
      expr: few(`sum(${rate})`),
      raw: few(every),
      for: '10m',
      summary: `${service} gets less than a tenth of the ${noun} of yesterday and last week at this time.`,
      reason:
        family === 'work'
          ? 'Work that never arrives counts as no errors. Check what hands it over: producer, queue, schedule.'
          : 'Requests that never arrive count as no errors. Check the way to it: DNS, load balancer, certificates, its callers.',
    },
  ];
}

function uptimeAlerts({ service, signals }: MonitoringFacts, pascal: string): GoldenAlert[] {
  const { uptime } = signals;
  if (uptime?.gauge === undefined) return [];
  const gauge = uptime.gauge.startsWith('probe_attempts') ? undefined : uptime.gauge;
  const expr =
    gauge === undefined
      ? `sum(increase(${uptime.failures}[5m])) >= 2 and sum(increase(${uptime.failures}[5m])) > 0.5 * sum(increase(${uptime.attempts}[5m]))`
      : `avg(${gauge}) < 0.5`;
  return [
    {
      name: `${pascal}Down`,
      signal: 'uptime',
      severity: 'page',
      expr,
      raw: expr,
      for: '2m',
      summary: `Most of what looks at ${service} does not reach it (${uptime.by === 'probe' ? 'probes from outside' : uptime.by === 'exporter' ? 'its exporter' : 'scrapes'}).`,
      reason:
        'What is not reached serves nobody. See whether it runs, and whether the network lets it be reached.',
    },
    {
      name: `${pascal}NotWatched`,
      signal: 'uptime',
      severity: 'ticket',
      expr: `absent(${uptime.gauge})`,
      raw: `absent(${uptime.gauge})`,
      for: '15m',
      summary: `Nothing looks at ${service} any more: ${uptime.gauge.split('{')[0]} is gone.`,
      reason:
        'Without it an outage is not seen. See whether its target or probe was taken out or renamed, or whether what scrapes it is down.',
    },
  ];
}

function levelAlert(
  { service, bounds, objectives }: MonitoringFacts,
  signal: LevelSignal,
  pascal: string,
  record: Recorder,
): GoldenAlert[] {
  const bound = bounds.get(signal.metric);
  if (bound === undefined) return [];
  const { kind, expr, op, act, says, metric } = signal;
  const recorded =
    kind === 'freshness' && expr.startsWith('time()')
      ? `(${expr})`
      : record(`service:${metric}:${kind}`, expr);
  const over = op === 'lte' ? '>' : '<';
  const name = { freshness: 'Late', backlog: 'Backlog', quantile: 'Slow', throughput: 'NothingDone' }[kind];
  return [
    {
      name: `${pascal}${name}`,
      signal: { freshness: 'freshness', backlog: 'backlog', quantile: 'latency', throughput: 'traffic' }[
        kind
      ] as GoldenAlert['signal'],
      severity: kind === 'freshness' ? 'page' : 'ticket',
      expr: `${recorded} ${over} ${bound}`,
      raw: `(${expr}) ${over} ${bound}`,
      for: kind === 'freshness' ? '5m' : '15m',
      summary: `${service}: it no longer holds that ${says.replace('{bound}', boundText(signal, bound))}.`,
      reason: `${act} The bound is what the past kept with a quarter to spare${objectives.length > 0 ? '' : ': put the one in that users need'}.`,
    },
    ...(kind === 'freshness'
      ? [
          {
            name: `${pascal}${name}Unknown`,
            signal: 'freshness' as const,
            severity: 'ticket' as const,
            expr: absent(expr),
            raw: absent(expr),
            for: '30m',
            summary: `${service}: nothing says any more how old its newest result is.`,
            reason: `${metric} is gone, and without it a run that never happens is not seen. See whether what exports it runs.`,
          },
        ]
      : []),
  ];
}

function absent(expr: string): string {
  return `absent(${/[a-zA-Z_:][\w:]*\{(?:[^}"]|"(?:[^"\\]|\\.)*")*\}/.exec(expr)![0]})`;
}

function saturationAlert(
  service: string,
  pascal: string,
  { metric, share, value, what }: SaturationSignal,
  record: Recorder,
): GoldenAlert[] {
  if (share === undefined) {
    record(`service:${metric}:max`, value!);
    return [];
  }
  const recorded = record(`service:${metric}:used_ratio`, share);
  return [
    {
      name: `${pascal}${pascalCase(what)}Full`,
      signal: 'saturation',
      severity: 'ticket',
      expr: `${recorded} > ${FULL}`,
      raw: `(${share}) > ${FULL}`,
      for: '10m',
      summary: `${percent(FULL)} of the ${what} of ${service} are in use.`,
      reason: `Once all are in use requests wait for each other. Find what holds them, or raise the limit where what is behind can take it.`,
    },
  ];
}

/** The rule groups, each alert with its reason and runbook. */
export function monitoringGroups(
  service: string,
  { recordings, alerts }: Monitoring,
  runbook: (alert: GoldenAlert) => string,
): RuleGroup[] {
  return [
    ...(recordings.length === 0 ? [] : [{ name: `${service}-golden-signals-recordings`, rules: recordings }]),
    ...(alerts.length === 0
      ? []
      : [
          {
            name: `${service}-golden-signals-alerts`,
            rules: alerts.map(alert => ({
              alert: alert.name,
              expr: alert.expr,
              for: alert.for,
              labels: { service, severity: alert.severity, signal: alert.signal },
              annotations: { summary: alert.summary, reason: alert.reason, runbook_url: runbook(alert) },
            })),
          },
        ]),
  ];
}

/** The bucket's bound that a latency objective promises. */
function promised(objective: MonitoringFacts['objectives'][number] | undefined): string | undefined {
  return objective?.sli.queries
    .map(
      query => /le="([^"]+)"/.exec(query)?.[1] ?? /histogram_fraction\([^,]+,\s*([\d.e+-]+)/.exec(query)?.[1],
    )
    .find(bound => bound !== undefined && Number.isFinite(Number(bound)));
}

function pascalCase(name: string): string {
  return name
    .split(/[^a-zA-Z0-9]+/)
    .filter(part => part !== '')
    .map(part => part[0]!.toUpperCase() + part.slice(1))
    .join('');
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
