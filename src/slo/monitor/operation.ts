import { z } from 'zod';
import type { KnownServices } from '../../catalog/index.ts';
import { operationsOf } from '../../kernel/index.ts';
import { rulesText } from '../prometheus/generate.ts';
import { RuleGroup } from '../prometheus/rules.ts';
import type { Slos } from '../slos.ts';
import { GoldenSignal } from './golden-signals.ts';

const operation = operationsOf<{ slos: Slos; services: KnownServices }>();

const SuggestedAlert = z.object({
  name: z.string(),
  signal: z.enum(GoldenSignal),
  severity: z.enum(['page', 'ticket']),
  summary: z.string(),
  reason: z.string(),
  runbook: z.string(),
  heldMinutes: z
    .number()
    .nullable()
    .describe('For how long its condition held in the last week; null: nothing is known'),
});

const Suggestion = z.object({
  service: z.string(),
  only: z.enum(['report', 'rules', 'dashboard']),
  alerts: z.array(SuggestedAlert),
  groups: z.array(RuleGroup),
  rules: z.string().describe('As a Prometheus rule file'),
  dashboard: z.record(z.string(), z.unknown()).describe('Grafana’s JSON model'),
  missing: z.array(z.object({ what: z.string(), how: z.string() })),
  objectives: z.array(z.string()).describe('SLOs that it has: their burn pages'),
});
type Suggestion = z.infer<typeof Suggestion>;

const suggest = operation({
  name: 'monitor.suggest',
  summary: 'Propose alerts, recording rules and a Grafana dashboard for a service from what it exports.',
  description:
    'The golden signals: traffic, errors, latency, saturation. Every alert has a reason and a runbook; what is missing is told, with how to instrument it.',
  effect: 'read',
  route: 'GET /services/:service/monitoring-suggestion',
  args: ['service'],
  input: z.object({
    service: z
      .string()
      .min(1)
      .max(255)
      .describe('The service, as it is declared or as its telemetry names it'),
    only: z
      .enum(['report', 'rules', 'dashboard'])
      .default('report')
      .describe('Print the rule file or the dashboard, to be put into a file'),
  }),
  output: Suggestion,
  run: async ({ service, only }, { slos, services, now }) => {
    const { groups, exported, ...rest } = await slos.monitoring(service, now());
    if (exported === 0) await services.expectRecent(service, now());
    return { service, only, groups, rules: rulesText(groups), ...rest };
  },
  render: suggestionText,
  examples: [
    'nines monitor suggest payments',
    'nines monitor suggest payments --only rules > payments-rules.yaml',
    'nines monitor suggest payments --only dashboard > payments-dashboard.json',
  ],
});

function suggestionText({
  service,
  only,
  alerts,
  groups,
  rules,
  dashboard,
  missing,
  objectives,
}: Suggestion): string {
  if (only === 'rules') return rules.trimEnd();
  if (only === 'dashboard') return JSON.stringify(dashboard, null, 2);
  const recordings = groups.flatMap(group => group.rules).filter(rule => rule.record !== undefined).length;
  const panels = Array.isArray(dashboard.panels) ? dashboard.panels.length : 0;
  return [
    `Monitoring for ${service}: ${counted(alerts.length, 'alert')}, ${counted(recordings, 'recording rule')}, a dashboard of ${counted(panels, 'panel')}.`,
    objectives.length === 0
      ? 'It has no SLO: begin with nines slo suggest.'
      : `Its SLOs page by burn already: ${objectives.join(', ')}.`,
    '',
    ...alerts.flatMap(alert => [
      `  ${alert.severity.padEnd(6)} ${alert.name} (${alert.signal}), ${held(alert.heldMinutes)}`,
      ...folded(alert.summary),
      ...folded(`Why: ${alert.reason}`),
      ...folded(`Runbook: ${alert.runbook}`),
    ]),
    ...(missing.length === 0
      ? []
      : ['', 'Missing:', ...missing.flatMap(one => folded(`${one.what}: ${one.how}`))]),
    '',
    ...(alerts.length === 0
      ? ['There is nothing to alert on yet: export what is missing, then ask again.']
      : [
          `nines monitor suggest ${service} --only rules > rules.yaml`,
          `nines monitor suggest ${service} --only dashboard > dashboard.json`,
        ]),
  ].join('\n');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function held(minutes: number | null): string {
  if (minutes === null) return 'no data for the past';
  return minutes === 0 ? 'did not hold last week' : `held ${Math.round(minutes)} min last week`;
}

function folded(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 79) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`         ${word}`);
  }
  return lines;
}

export const monitorOperations = [suggest];
