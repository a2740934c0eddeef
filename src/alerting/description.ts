import {
  type Clock,
  duration,
  Fault,
  formatDuration,
  type Instant,
  instant,
  type Log,
  messageOf,
  milliseconds,
} from '../kernel/index.ts';
import { type AlertRule, budgetOf, type Objective, type Slos } from '../slo/index.ts';
import type { Alert } from './alert.ts';
import type { Group } from './observation.ts';
import { onsetOf } from './onset.ts';
import { alertText } from './wording.ts';

const ONSET_REACH_MS = 30 * 60_000;
const ONSET_STEPS = 360;
/** A page does not wait longer for what it could say. */
const PATIENCE_MS = 5_000;

/** What the data of an alert's rule looked like when it began. */
interface Onset {
  ms?: number;
  /** Error ratio over the newest probe window. */
  latest?: number;
}

interface Asked {
  slos: Pick<Slos, 'ratios' | 'status'>;
  clock: Clock;
  log: Log;
}

/**
 * The alert with its onset and its sentences. Where the source does not answer, or not in time, they say less, and it
 * fires all the same.
 */
export async function described(
  asked: Asked,
  alert: Alert,
  objective: Objective,
  { rule, evaluation }: Group,
  now: number,
): Promise<Alert> {
  if (rule === undefined) return alert;
  const unknown = (what: string) => (error: unknown) => {
    asked.log.warn({ error: messageOf(error), alert: alert.id }, `${what} of an alert could not be found`);
    return undefined;
  };
  const [onset, status] = await Promise.all([
    inTime(asked.clock, onsetFrom(asked, objective, rule, now)).catch(unknown('the onset')),
    inTime(asked.clock, asked.slos.status(objective.id, instant(now))).catch(unknown('the budget')),
  ]);
  const onsetAt: Instant | undefined = onset?.ms === undefined ? undefined : instant(onset.ms);
  return {
    ...alert,
    ...(onsetAt === undefined ? {} : { onsetAt }),
    ...(status?.budgetRemaining === undefined ? {} : { budgetRemaining: status.budgetRemaining }),
    annotations: alertText(objective, rule, {
      latestRatio: onset?.latest,
      shortRatio: evaluation?.shortRatio,
      longRatio: evaluation?.longRatio,
      onsetAt,
      budgetRemaining: status?.budgetRemaining,
    }),
  };
}

async function inTime<T>(clock: Clock, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = clock.sleep(PATIENCE_MS, over.signal).then(() => {
    throw new Fault('timeout', `The metrics did not answer within ${PATIENCE_MS / 1000} s.`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}

/** Looks back over half an hour, or as far as the rule's long window, by a window a fifth as long as the short one. */
async function onsetFrom(
  { slos }: Asked,
  { id, target }: Objective,
  rule: AlertRule,
  now: number,
): Promise<Onset> {
  const reach = Math.max(ONSET_REACH_MS, duration(rule.longWindow));
  const stepMs = Math.max(Math.ceil(reach / ONSET_STEPS / 1000) * 1000, 1000);
  const bounds = {
    from: instant(now - Math.floor(reach / stepMs) * stepMs),
    to: instant(now),
    step: milliseconds(stepMs),
  };
  const probe = Math.max(Math.round(duration(rule.shortWindow) / 5 / 60_000) * 60_000, 60_000);
  // A source that is scraped once a minute has nothing to say about a minute.
  for (const window of [formatDuration(probe), rule.shortWindow]) {
    const points = await slos.ratios(id, window, bounds);
    const ms = onsetOf(points, { threshold: rule.threshold, budget: budgetOf(target), stepMs });
    const latest = points.at(-1)?.[1];
    if (ms !== undefined) return { ms, ...(latest === undefined ? {} : { latest }) };
  }
  return {};
}
