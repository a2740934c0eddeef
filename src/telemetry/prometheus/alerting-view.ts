import type { Labels } from '../promql/index.ts';
import { ApiError } from './answer.ts';

/** An alert as Prometheus's API tells it; times in epoch ms. */
export interface AlertView {
  labels: Labels;
  annotations: Labels;
  state: 'pending' | 'firing';
  activeAtMs: number;
  value: number;
}

/** An alerting rule with its alerts. */
export interface RuleView {
  group: string;
  name: string;
  query: string;
  labels: Labels;
  annotations: Labels;
  /** When it was last evaluated; 0 when it never was. */
  evaluatedAtMs: number;
  alerts: readonly AlertView[];
}

/** What is asked of alerting: handed in, since telemetry stands below it. */
export interface AlertingView {
  /** How often the rules are evaluated, in ms. */
  everyMs: number;
  rules(): Promise<readonly RuleView[]>;
}

/** Go's zero time, which Prometheus gives for "never". */
const never = '0001-01-01T00:00:00Z';
const timeText = (ms: number) => (ms === 0 ? never : new Date(ms).toISOString());

function alertJson({ labels, annotations, state, activeAtMs, value }: AlertView) {
  return { labels, annotations, state, activeAt: timeText(activeAtMs), value: value.toExponential() };
}

/** Alerts once each, though several rules may hold for one. */
export function alertsData(rules: readonly RuleView[]): unknown {
  const seen = new Map<string, unknown>();
  for (const { alerts } of rules)
    for (const alert of alerts) seen.set(JSON.stringify(alert.labels), alertJson(alert));
  return { alerts: [...seen.values()] };
}

export function rulesData(all: readonly RuleView[], everyMs: number, params: URLSearchParams): unknown {
  const type = params.get('type') ?? '';
  if (type !== '' && type !== 'alert' && type !== 'record')
    throw new ApiError('bad_data', `invalid parameter "type": not supported value "${type.slice(0, 80)}"`);
  const among = (name: string) => {
    const wanted = new Set(params.getAll(name));
    return (value: string) => wanted.size === 0 || wanted.has(value);
  };
  const [named, grouped, filed] = [among('rule_name[]'), among('rule_group[]'), among('file[]')];
  const withAlerts = params.get('exclude_alerts') !== 'true';
  const rules =
    type === 'record' || !filed('') ? [] : all.filter(rule => named(rule.name) && grouped(rule.group));
  const groups = [...Map.groupBy(rules, ({ group }) => group)].map(([name, members]) => {
    const evaluatedAtMs = Math.max(...members.map(rule => rule.evaluatedAtMs));
    return {
      name,
      file: '',
      interval: everyMs / 1000,
      limit: 0,
      evaluationTime: 0,
      lastEvaluation: timeText(evaluatedAtMs),
      rules: members.map(rule => ({
        type: 'alerting',
        state: stateOf(rule),
        name: rule.name,
        query: rule.query,
        duration: 0,
        keepFiringFor: 0,
        labels: rule.labels,
        annotations: rule.annotations,
        ...(withAlerts ? { alerts: rule.alerts.map(alertJson) } : {}),
        health: rule.evaluatedAtMs === 0 ? 'unknown' : 'ok',
        evaluationTime: 0,
        lastEvaluation: timeText(rule.evaluatedAtMs),
      })),
    };
  });
  return { groups };
}

function stateOf({ alerts }: RuleView): 'firing' | 'pending' | 'inactive' {
  if (alerts.some(({ state }) => state === 'firing')) return 'firing';
  return alerts.length > 0 ? 'pending' : 'inactive';
}
