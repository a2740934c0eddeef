import { z } from 'zod';
import { epochMs, Instant, instant } from '../kernel/index.ts';

export const AlertState = z.enum(['pending', 'firing', 'resolved']);
export type AlertState = z.infer<typeof AlertState>;

/** One alert: the rules of one objective and severity together, so that a person is called once. */
export const Alert = z.object({
  id: z.string().describe('As alt_4k…'),
  fingerprint: z.string().describe('service/objective/severity: what makes it the same alert'),
  rule: z.string().describe('The rule that holds; of several the fastest'),
  rules: z.array(z.string()).describe('All rules that hold'),
  name: z.string(),
  service: z.string(),
  objective: z.string().optional(),
  severity: z.enum(['page', 'ticket']),
  labels: z.record(z.string(), z.string()),
  annotations: z.object({ summary: z.string(), description: z.string() }).catchall(z.string()),
  state: AlertState,
  startsAt: Instant.describe('When a rule held for the first time'),
  firedAt: Instant.optional(),
  onsetAt: Instant.optional().describe('When the indicator first went bad, from the data'),
  endsAt: Instant.optional().describe('When it stopped to hold'),
  value: z
    .number()
    .describe('Burn rate over the long window, or over the short one where that is all there is'),
  errorRatio: z.number().optional().describe('Over the short window'),
  budgetRemaining: z.number().optional(),
  lastEvaluatedAt: Instant,
  clearSince: Instant.optional().describe('No rule has held since then, and it is not resolved yet'),
  noDataSince: Instant.optional().describe('Nothing is known since then: the state is kept'),
  fires: z.number().int().describe('How often it came back: each time it must be clear for longer'),
});
export type Alert = z.infer<typeof Alert>;

/**
 * What a turn of the loop found for a fingerprint. `held`: the long window still burns and in the short one nothing
 * happened, which proves no recovery. `ebbing`: the short window is fine and the long one still burns, which proves none
 * of what has come back before.
 */
export type Observation =
  | { state: 'firing'; forMs: number; facts: Facts }
  | { state: 'held' | 'ebbing' | 'ok' | 'no_data' };

/** What is known of what holds. */
export interface Facts {
  rule: string;
  rules: string[];
  name: string;
  value: number;
  errorRatio?: number | undefined;
}

export interface AlertIdentity {
  fingerprint: string;
  service: string;
  objective?: string;
  severity: 'page' | 'ticket';
}

export interface AlertOptions {
  /** A firing alert resolves when no rule has held for so long; doubled each time it comes back. */
  keepFiringMs: number;
  /** An alert that comes back within this is the same one: the long window of the fastest rule. */
  refireWithinMs: number;
}

export const alertDefaults: AlertOptions = { keepFiringMs: 60_000, refireWithinMs: 3_600_000 };

/** How often the figures of an alert that goes on are written. */
const REWRITE_MS = 15_000;
/** The longest that a flapping alert is kept firing. */
const KEEP_FIRING_AT_MOST_MS = 3_600_000;

export interface Transition {
  /** What is to be stored; absent when there is nothing. `gone`: a pending alert that came to nothing. */
  alert?: Alert;
  gone?: Alert;
  event?: 'fired' | 'resolved';
}

/**
 * One step of an alert: inactive → pending → firing → resolved. Absence of data keeps the state: it neither fires nor
 * resolves. `previous` is the alert that is pending or firing, or the last resolved one. `id` names a new alert.
 */
export function step(
  previous: Alert | undefined,
  observation: Observation,
  identity: AlertIdentity,
  now: number,
  id: () => string,
  options: AlertOptions = alertDefaults,
): Transition {
  const at = instant(now);
  const active = previous !== undefined && previous.state !== 'resolved' ? notAhead(previous, at) : undefined;
  if (observation.state === 'firing') {
    const { facts, forMs } = observation;
    if (active === undefined) {
      const back = comesBack(previous, now, options);
      const begun = back ?? newAlert(identity, facts, at, id());
      return forMs > 0 && back === undefined
        ? { alert: begun }
        : { alert: { ...updated(begun, facts, at), state: 'firing', firedAt: at }, event: 'fired' };
    }
    const alert = updated(active, facts, at);
    if (active.state === 'pending' && now - Date.parse(active.startsAt) >= forMs)
      return { alert: { ...alert, state: 'firing', firedAt: at }, event: 'fired' };
    return { alert };
  }
  if (active === undefined) return {};
  if (observation.state === 'no_data') {
    const { clearSince: _notProven, ...rest } = active;
    return { alert: { ...rest, lastEvaluatedAt: at, noDataSince: active.noDataSince ?? at } };
  }
  const { noDataSince: _known, ...known } = active;
  if (observation.state === 'held') {
    const { clearSince: _notProven, ...rest } = known;
    return { alert: { ...rest, lastEvaluatedAt: at } };
  }
  if (active.state === 'pending') return { gone: active };
  const clearSince = active.clearSince ?? at;
  const keep =
    observation.state === 'ebbing' && active.fires > 1
      ? KEEP_FIRING_AT_MOST_MS
      : Math.min(options.keepFiringMs * 2 ** (active.fires - 1), KEEP_FIRING_AT_MOST_MS);
  const alert: Alert = { ...known, clearSince, lastEvaluatedAt: at };
  if (now - Date.parse(clearSince) < keep) return { alert };
  return { alert: resolved(alert, clearSince), event: 'resolved' };
}

/** The alert as resolved: also when its rule is no longer declared. */
export function resolved(alert: Alert, endsAt: Instant): Alert {
  const { clearSince: _over, noDataSince: _known, ...rest } = alert;
  return { ...rest, state: 'resolved', endsAt };
}

/** A clock that was put back leaves times that have not come yet: nobody waits for them. */
function notAhead(alert: Alert, at: Instant): Alert {
  const { clearSince, noDataSince, ...rest } = alert;
  return {
    ...rest,
    startsAt: alert.startsAt > at ? at : alert.startsAt,
    ...(clearSince === undefined || clearSince > at ? {} : { clearSince }),
    ...(noDataSince === undefined ? {} : { noDataSince: noDataSince > at ? at : noDataSince }),
  };
}

/** An alert that resolved a moment ago and holds again is the same one, and must prove recovery for longer. */
function comesBack(previous: Alert | undefined, now: number, options: AlertOptions): Alert | undefined {
  if (previous?.state !== 'resolved' || previous.endsAt === undefined) return undefined;
  if (now - Date.parse(previous.lastEvaluatedAt) > options.refireWithinMs) return undefined;
  // After a clock was put back this firing would look older than the one before it, and nobody would hear of it.
  if (previous.firedAt !== undefined && Date.parse(previous.firedAt) >= now) return undefined;
  // Its onset is looked for anew: where it cannot be found, that of the firing before would be wrong.
  const { endsAt: _ended, onsetAt: _before, ...rest } = previous;
  return { ...rest, fires: previous.fires + 1 };
}

function newAlert(identity: AlertIdentity, facts: Facts, at: Instant, id: string): Alert {
  const objective = identity.objective === undefined ? {} : { objective: identity.objective };
  return {
    id,
    fingerprint: identity.fingerprint,
    rule: facts.rule,
    rules: facts.rules,
    name: facts.name,
    service: identity.service,
    ...objective,
    severity: identity.severity,
    labels: { service: identity.service, ...objective, severity: identity.severity },
    annotations: { summary: '', description: '' },
    state: 'pending',
    startsAt: at,
    value: facts.value,
    ...(facts.errorRatio === undefined ? {} : { errorRatio: facts.errorRatio }),
    lastEvaluatedAt: at,
    fires: 1,
  };
}

function updated(alert: Alert, facts: Facts, at: Instant): Alert {
  const { clearSince: _burns, noDataSince: _known, errorRatio: _old, ...rest } = alert;
  return {
    ...rest,
    rule: facts.rule,
    rules: facts.rules,
    name: facts.name,
    value: facts.value,
    ...(facts.errorRatio === undefined ? {} : { errorRatio: facts.errorRatio }),
    lastEvaluatedAt: at,
  };
}

/** Whether an alert that goes on has anything new that must survive a crash, or figures old enough. */
export function worthWriting(before: Alert | undefined, after: Alert): boolean {
  return (
    before === undefined ||
    before.state !== after.state ||
    before.clearSince !== after.clearSince ||
    before.noDataSince !== after.noDataSince ||
    Math.abs(epochMs(after.lastEvaluatedAt) - epochMs(before.lastEvaluatedAt)) >= REWRITE_MS
  );
}
