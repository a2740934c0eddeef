import { stringify } from 'yaml';
import { z } from 'zod';
import { epochMs, type Instant, instant } from '../kernel/index.ts';
import { alertRules } from './alert-rule.ts';
import { coverageOf, type RangeMetrics } from './coverage.ts';
import { historyOf } from './history.ts';
import { type Objective, objectivesOf, RATIONALE } from './objective.ts';
import { SloSpec } from './openslo/slo.ts';
import { latencyBound, levelBound } from './promised-bound.ts';
import type { Metrics } from './readings.ts';
import { Replay, replayOf } from './replay.ts';
import type { Signals } from './signals/signal.ts';
import { latencyDraft, levelDraft, requestDraft, type SloDraft, slug, uptimeDraft } from './slo-draft.ts';
import { suggestedTarget, whyNoTarget } from './target-suggestion.ts';

export const SloSuggestion = z.object({
  name: z.string(),
  kind: z.enum(['availability', 'latency', 'uptime', 'freshness', 'backlog', 'throughput']),
  says: z.string().describe('What is promised, in a sentence'),
  target: z.number(),
  reason: z.string().describe('Why this target'),
  days: z.number().describe('Of data that it was judged by'),
  since: z.string().nullable().describe('Where that data begins; null: there is none'),
  events: z.number(),
  noun: z.string().describe('What the events are'),
  notes: z.array(z.string()).describe('What was taken for granted, for a person to check'),
  replay: Replay.describe('What would have happened with it in that time'),
  resource: z.record(z.string(), z.unknown()).describe('As openslo/v1'),
});
export type SloSuggestion = z.infer<typeof SloSuggestion>;

const DAY_MS = 86_400_000;
const LOOK_BACK_MS = 30 * DAY_MS;
const WINDOW = '30d';
/** Where there is nothing to judge by. */
const UNJUDGED = 0.99;

/** SLOs for what a service exports, each with the evidence of up to thirty days. */
export async function suggestions(
  metrics: Metrics & RangeMetrics,
  service: string,
  signals: Signals,
  now: Instant,
): Promise<SloSuggestion[]> {
  const drafts = signals.requests.map((signal, index) => requestDraft(service, signal, index === 0));
  for (const [index, signal] of signals.latency.entries()) {
    const { bound, because } = await latencyBound(metrics, signal, now);
    drafts.push(withNote(latencyDraft(service, signal, bound, index === 0), because));
  }
  for (const signal of signals.levels) {
    const found = await levelBound(metrics, signal, now);
    if (found !== undefined) drafts.push(withNote(levelDraft(service, signal, found.bound), found.because));
  }
  // That a scrape is answered says little beside what users get.
  if (signals.uptime !== undefined && (signals.uptime.by !== 'scrape' || drafts.length === 0))
    drafts.push(uptimeDraft(service, signals.uptime));
  const found: SloSuggestion[] = [];
  for (const draft of drafts) found.push(await judged(metrics, service, draft, now));
  return found;
}

function withNote(draft: SloDraft, because: string | undefined): SloDraft {
  const note =
    because === undefined
      ? 'The bound is a place to begin: nothing of the past tells one.'
      : `The bound is of the past: ${because} Put the one in that users need.`;
  return { ...draft, notes: [...draft.notes, note] };
}

async function judged(
  metrics: RangeMetrics,
  service: string,
  draft: SloDraft,
  now: Instant,
): Promise<SloSuggestion> {
  const before = compiled(service, draft, UNJUDGED, undefined);
  const from = instant(epochMs(now) - LOOK_BACK_MS);
  const { since } = await coverageOf(metrics, before.objective.sli.totalExpr, from, now);
  const history = await historyOf(metrics, before.objective, { from: since ?? now, to: now });
  const known = history.steps.filter(step => step !== undefined);
  const past = {
    bad: known.reduce((sum, step) => sum + step.bad, 0),
    total: known.reduce((sum, step) => sum + step.total, 0),
    days: (known.length * history.stepMs) / DAY_MS,
    window: before.objective.window.length,
  };
  const fit = suggestedTarget(past);
  const target = fit?.target ?? UNJUDGED;
  const reason = fit?.reason ?? whyNoTarget(past);
  const { objective, resource } = compiled(service, draft, target, reason);
  return {
    name: draft.name,
    kind: draft.kind,
    says: `${percent(target)} ${draft.says}`,
    target,
    reason,
    days: past.days,
    since: since ?? null,
    events: past.total,
    noun: draft.noun,
    notes: draft.notes,
    replay: replayOf(history, objective, alertRules(objective).rules),
    resource,
  };
}

function compiled(
  service: string,
  draft: SloDraft,
  target: number,
  reason: string | undefined,
): { objective: Objective; resource: Record<string, unknown> } {
  const spec = {
    description: `${percent(target)} ${draft.says}.`,
    service: slug(service),
    indicator: { metadata: { name: draft.name }, spec: draft.indicator },
    timeWindow: [{ duration: WINDOW, isRolling: true }],
    budgetingMethod: 'Occurrences',
    objectives: [{ displayName: draft.title, target, ...draft.objective }],
  };
  const metadata = {
    name: draft.name,
    displayName: draft.title,
    ...(reason === undefined ? {} : { annotations: { [RATIONALE]: reason } }),
  };
  const resource = { apiVersion: 'openslo/v1', kind: 'SLO', metadata, spec };
  const [objective] = objectivesOf({ ...resource, spec: SloSpec.parse(spec) }, () => undefined);
  return { objective: objective!, resource };
}

function percent(target: number): string {
  return `${Number((target * 100).toPrecision(6))} %`;
}

/** The resources as a file. */
export function suggestionYaml(resources: readonly Record<string, unknown>[]): string {
  return resources.map(one => stringify(one, { lineWidth: 0 })).join('---\n');
}
