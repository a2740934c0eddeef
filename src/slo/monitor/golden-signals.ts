import type { Objective } from '../objective.ts';
import type { PrometheusRule, RuleGroup } from '../prometheus/rules.ts';
import type { GaugeSignal, Signals } from '../signal.ts';

/** One alert with why somebody should act on it. */
export interface GoldenAlert {
  name: string;
  signal: 'errors' | 'latency' | 'traffic' | 'saturation' | 'uptime';
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
}

const WINDOW = '5m';
/** The share of errors that pages where no objective says what is too much. */
const ERROR_RATIO = 0.05;
/** Below so many requests a second a share says little; the burn rules of an SLO know low traffic better. */
const LEAST_RATE = 0.1;
const FULL = 0.9;
/** The fastest rule of the SRE Workbook, chapter 5. */
const FAST_BURN = 14.4;

/** The four golden signals (SRE book, chapter 6) of a service, as far as it exports them. */
export function goldenSignals({ service, signals, objectives }: MonitoringFacts): Monitoring {
  const recordings: PrometheusRule[] = [];
  const alerts: GoldenAlert[] = [];
  const id = `{service=${JSON.stringify(service)}}`;
  const record = (name: string, expr: string): string => {
    recordings.push({ record: name, expr, labels: { service } });
    return `${name}${id}`;
  };
  const pascal = pascalCase(service);
  const { requests, latency, uptime, saturation } = signals;
  if (requests !== undefined) {
    const { metric, matchers, bad } = requests;
    const all = `sum(rate(${metric}{${matchers}}[${WINDOW}]))`;
    const failed = `(sum(rate(${metric}{${[matchers, bad].filter(one => one !== '').join(',')}}[${WINDOW}])) or vector(0))`;
    const rate = record('service:requests:rate5m', all);
    const ratio = record('service:request_errors:ratio_rate5m', `${failed} / ${all}`);
    const objective = objectives.find(one => one.sli.kind === 'availability');
    const limit =
      objective === undefined
        ? ERROR_RATIO
        : Number(Math.min(FAST_BURN * (1 - objective.target), 0.5).toPrecision(4));
    const because =
      objective === undefined
        ? 'No objective says how much is too much: define one (nines slo suggest) and let its burn page instead.'
        : `At this rate the budget of ${objective.id} lasts two days; its burn rules page too, this one also works where they are not loaded.`;
    alerts.push({
      name: `${pascal}Errors`,
      signal: 'errors',
      severity: 'page',
      expr: `${ratio} > ${limit} and ${rate} > ${LEAST_RATE}`,
      raw: `(${failed} / ${all}) > ${limit} and ${all} > ${LEAST_RATE}`,
      for: '5m',
      summary: `More than ${percent(limit)} of the requests to ${service} fail.`,
      reason: `Users see errors. Look at what changed last, and roll it back if it began then. ${because}`,
    });
    const before = `sum(rate(${metric}{${matchers}}[1h] offset 1d))`;
    alerts.push({
      name: `${pascal}NoTraffic`,
      signal: 'traffic',
      severity: 'page',
      expr: `(${rate} or vector(0)) < 0.1 * ${before} and ${before} > ${LEAST_RATE}`,
      raw: `(${all} or vector(0)) < 0.1 * ${before} and ${before} > ${LEAST_RATE}`,
      for: '10m',
      summary: `${service} gets less than a tenth of the traffic of yesterday at this time.`,
      reason:
        'Requests that never arrive count as no errors. Check the way to it: DNS, load balancer, certificates, its callers.',
    });
  }
  if (latency !== undefined) {
    const { metric, matchers, bounds, unitMs } = latency;
    const quantile = (q: number) =>
      `histogram_quantile(${q}, sum by (le) (rate(${metric}_bucket{${matchers}}[${WINDOW}])))`;
    record('service:request_latency:p50_5m', quantile(0.5));
    const p99 = record('service:request_latency:p99_5m', quantile(0.99));
    const objective = objectives.find(one => one.sli.kind === 'latency');
    const bound = promised(objective) ?? bounds[Math.floor(bounds.length / 2)]!;
    alerts.push({
      name: `${pascal}Slow`,
      signal: 'latency',
      severity: objective === undefined ? 'ticket' : 'page',
      expr: `${p99} > ${bound}`,
      raw: `${quantile(0.99)} > ${bound}`,
      for: '10m',
      summary: `One in a hundred requests to ${service} takes longer than ${Number((Number(bound) * unitMs).toPrecision(4))} ms.`,
      reason:
        objective === undefined
          ? 'The bound is the middle of the histogram’s and no promise: put the one in that users are given. See which operation and which dependency got slower.'
          : `It is what ${objective.id} promises. See which operation and which dependency got slower.`,
    });
  }
  if (uptime !== undefined)
    alerts.push({
      name: `${pascal}Down`,
      signal: 'uptime',
      severity: 'page',
      expr: `min(${uptime.metric}{${uptime.matchers}}) == 0`,
      raw: `min(${uptime.metric}{${uptime.matchers}}) == 0`,
      for: '2m',
      summary: `${service} is not reached (${uptime.what}).`,
      reason:
        'What is not reached serves nobody. See whether it runs, and whether the network lets it be reached.',
    });
  for (const gauge of saturation) alerts.push(...saturationAlert(service, pascal, gauge, record));
  return { recordings, alerts };
}

function saturationAlert(
  service: string,
  pascal: string,
  { metric, matchers, limit, what, kind }: GaugeSignal,
  record: (name: string, expr: string) => string,
): GoldenAlert[] {
  if (kind !== 'used_of_limit' || limit === undefined) {
    record(`service:${metric}:max`, `max(${metric}{${matchers}})`);
    return [];
  }
  const identity = matchers.split(',')[0]!;
  const share = `sum(${metric}{${matchers}}) / sum(${limit}{${identity}})`;
  const recorded = record(`service:${metric}:used_ratio`, share);
  return [
    {
      name: `${pascal}${pascalCase(what)}Full`,
      signal: 'saturation',
      severity: 'ticket',
      expr: `${recorded} > ${FULL}`,
      raw: `${share} > ${FULL}`,
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
    .map(query => /le="([^"]+)"/.exec(query)?.[1])
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
