import { stringify } from 'yaml';
import { z } from 'zod';
import { epochMs, formatDuration, type Instant, instant } from '../kernel/index.ts';
import { alertRules } from './alert-rule.ts';
import { coverageOf, type RangeMetrics } from './coverage.ts';
import { historyOf } from './history.ts';
import { type Objective, objectivesOf } from './objective.ts';
import { SloSpec } from './openslo/slo.ts';
import type { Metrics } from './readings.ts';
import { Replay, replayOf } from './replay.ts';
import type { LatencySignal, RequestSignal, Signals } from './signal.ts';
import { suggestedTarget } from './target-suggestion.ts';

export const SloSuggestion = z.object({
  name: z.string(),
  kind: z.enum(['availability', 'latency', 'uptime']),
  says: z.string().describe('What is promised, in a sentence'),
  target: z.number(),
  reason: z.string().describe('Why this target'),
  days: z.number().describe('Of data that it was judged by'),
  events: z.number(),
  replay: Replay.describe('What would have happened with it in that time'),
  resource: z.record(z.string(), z.unknown()).describe('As openslo/v1'),
});
export type SloSuggestion = z.infer<typeof SloSuggestion>;

const DAY_MS = 86_400_000;
const LOOK_BACK_MS = 30 * DAY_MS;
const WINDOW = '30d';
/** Where there is nothing to judge by. */
const UNJUDGED = 0.99;
/** Of all requests, so many were as fast as the bound that is promised. */
const FAST_SHARE = 0.995;

interface Draft {
  name: string;
  kind: SloSuggestion['kind'];
  title: string;
  says: string;
  indicator: object;
  objective?: object;
}

/** SLOs for what a service exports, each with the evidence of up to thirty days. */
export async function suggestions(
  metrics: Metrics & RangeMetrics,
  service: string,
  signals: Signals,
  now: Instant,
): Promise<SloSuggestion[]> {
  const drafts: Draft[] = [];
  if (signals.requests !== undefined) drafts.push(availability(service, signals.requests));
  if (signals.latency !== undefined) {
    const bound = await promisedBound(metrics, signals.latency, now);
    drafts.push(latency(service, signals.latency, bound));
  }
  if (signals.uptime !== undefined) {
    const { metric, matchers, what } = signals.uptime;
    drafts.push({
      name: `${service}-uptime`,
      kind: 'uptime',
      title: `${service} uptime`,
      says: `of all ${what}`,
      indicator: { thresholdMetric: source(`min(${metric}{${matchers}})`) },
      objective: { op: 'gte', value: 1 },
    });
  }
  const found: SloSuggestion[] = [];
  for (const draft of drafts) found.push(await judged(metrics, service, draft, now));
  return found;
}

async function judged(
  metrics: RangeMetrics,
  service: string,
  draft: Draft,
  now: Instant,
): Promise<SloSuggestion> {
  const before = compiled(service, draft, UNJUDGED);
  const from = instant(epochMs(now) - LOOK_BACK_MS);
  const { since } = await coverageOf(metrics, before.objective.sli.totalExpr, from, now);
  const history = await historyOf(metrics, before.objective, { from: since ?? now, to: now });
  const known = history.steps.filter(step => step !== undefined);
  const total = known.reduce((sum, step) => sum + step.total, 0);
  const days = (known.length * history.stepMs) / DAY_MS;
  const fit = suggestedTarget({
    bad: known.reduce((sum, step) => sum + step.bad, 0),
    total,
    days,
    window: before.objective.window.length,
  });
  const target = fit?.target ?? UNJUDGED;
  const { objective, resource } = compiled(service, draft, target);
  return {
    name: draft.name,
    kind: draft.kind,
    says: `${Number((target * 100).toPrecision(6))} % ${draft.says}`,
    target,
    reason:
      fit?.reason ??
      (total > 0
        ? 'No usual target was kept with half of its budget to spare: look at the errors first, this is only a place to begin.'
        : 'There is no data to judge by: this is only a place to begin.'),
    days,
    events: total,
    replay: replayOf(history, objective, alertRules(objective).rules),
    resource,
  };
}

function compiled(
  service: string,
  draft: Draft,
  target: number,
): { objective: Objective; resource: Record<string, unknown> } {
  const spec = {
    description: `${Number((target * 100).toPrecision(6))} % ${draft.says}.`,
    service,
    indicator: { metadata: { name: draft.name }, spec: draft.indicator },
    timeWindow: [{ duration: WINDOW, isRolling: true }],
    budgetingMethod: 'Occurrences',
    objectives: [{ displayName: draft.title, target, ...draft.objective }],
  };
  const resource = {
    apiVersion: 'openslo/v1',
    kind: 'SLO',
    metadata: { name: draft.name, displayName: draft.title },
    spec,
  };
  const [objective] = objectivesOf({ ...resource, spec: SloSpec.parse(spec) }, () => undefined);
  return { objective: objective!, resource };
}

function availability(service: string, { metric, matchers, bad, what }: RequestSignal): Draft {
  const all = `${metric}{${matchers}}`;
  return {
    name: `${service}-availability`,
    kind: 'availability',
    title: `${service} availability`,
    says: `of all ${what} end well`,
    indicator: {
      ratioMetric: {
        counter: true,
        bad: source(`${metric}{${[matchers, bad].filter(one => one !== '').join(',')}}`),
        total: source(all),
      },
    },
  };
}

function latency(service: string, { metric, matchers, unitMs, what }: LatencySignal, bound: string): Draft {
  const within = [matchers, `le="${bound}"`].filter(one => one !== '').join(',');
  return {
    name: `${service}-latency`,
    kind: 'latency',
    title: `${service} latency`,
    says: `of all requests take at most ${Number((Number(bound) * unitMs).toPrecision(6))} ms (${what})`,
    indicator: {
      ratioMetric: {
        counter: true,
        good: source(`${metric}_bucket{${within}}`),
        total: source(`${metric}_count{${matchers}}`),
      },
    },
  };
}

/** The smallest bound within which nearly all requests of the past were; the largest where none is. */
async function promisedBound(
  metrics: Metrics,
  { metric, matchers, bounds }: LatencySignal,
  now: Instant,
): Promise<string> {
  const over = formatDuration(LOOK_BACK_MS);
  const count = async (selector: string) => {
    const { samples } = await metrics.instant(`sum(increase(${selector}[${over}]))`, now);
    return samples[0]?.value;
  };
  const total = await count(`${metric}_count{${matchers}}`);
  if (total === undefined || !(total > 0)) return bounds[Math.floor(bounds.length / 2)]!;
  let low = 0;
  let high = bounds.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const within = [matchers, `le="${bounds[middle]}"`].filter(one => one !== '').join(',');
    if (((await count(`${metric}_bucket{${within}}`)) ?? 0) / total >= FAST_SHARE) high = middle;
    else low = middle + 1;
  }
  return bounds[low]!;
}

function source(query: string) {
  return { metricSource: { type: 'Prometheus', spec: { query } } };
}

/** The resources as a file. */
export function suggestionYaml(resources: readonly Record<string, unknown>[]): string {
  return resources.map(one => stringify(one, { lineWidth: 0 })).join('---\n');
}
