import { z } from 'zod';
import { alertPruning } from './alerting/index.ts';
import {
  auditPruning,
  DurationText,
  duration,
  eventPruning,
  type Kernel,
  prune,
  tidy,
} from './kernel/index.ts';
import { deliveryPruning, messagePruning } from './notify/index.ts';
import { actionPruning } from './platform/index.ts';

const DAY = 86_400_000;

const atLeast = (days: number, usual: string) =>
  DurationText.refine(text => duration(text) >= days * DAY, `is at least ${days}d`).default(usual);

/** How long what is over is kept. Incidents, their timelines, postmortems, changes and declarations are kept for ever. */
export const StateConfig = z.strictObject({
  retention: z
    .strictObject({
      events: atLeast(7, '180d').describe('Events that everybody was told of'),
      audit: atLeast(365, '730d').describe('Who asked for which change; a year at least'),
      deliveries: atLeast(30, '365d').describe('Messages that went out, or were given up'),
      alerts: atLeast(30, '365d').describe('Alerts that resolved'),
      actions: atLeast(90, '730d').describe('Actions that ended'),
    })
    .prefault({}),
});
export type StateConfig = z.infer<typeof StateConfig>;

const EVERY_MS = 3_600_000;
const TIDY_EVERY_MS = 6 * 3_600_000;
/** What belongs to an incident may lie a little before it was opened. */
const BEFORE_INCIDENT_MS = DAY;

/** Takes old state away, hourly, in one replica at a time. `oldestOpen` is when the oldest open incident was opened. */
export function keepStateBounded(
  kernel: Kernel,
  config: StateConfig,
  oldestOpen: () => Promise<number | undefined>,
): void {
  const pruned = kernel.metrics.counter(
    'nines_state_pruned_total',
    'Rows of old state that were taken away.',
    ['kind'],
  );
  let tidiedAt = kernel.clock.now();
  kernel.loops.start({
    name: 'state retention',
    everyMs: EVERY_MS,
    run: async (now, signal) => {
      const gone = await pruneState(kernel, config, now, await oldestOpen(), signal);
      for (const [kind, count] of Object.entries(gone)) pruned.inc({ kind }, count);
      // The queue takes its done jobs away by itself: their room is to be used again, too.
      const any = Object.values(gone).some(count => count > 0);
      if (!any && now - tidiedAt < TIDY_EVERY_MS) return;
      tidiedAt = now;
      await tidy(kernel.db);
    },
  });
}

/**
 * Nothing goes that is under way, and nothing that happened since a day before the oldest incident that is still open.
 * Returns how many rows of each kind went.
 */
export async function pruneState(
  { db, log }: Pick<Kernel, 'db' | 'log'>,
  { retention }: StateConfig,
  now: number,
  oldestOpen: number | undefined,
  signal?: AbortSignal,
): Promise<Record<string, number>> {
  const floor = oldestOpen === undefined ? Number.POSITIVE_INFINITY : oldestOpen - BEFORE_INCIDENT_MS;
  const before = (kept: DurationText) => Math.min(now - duration(kept), floor);
  return prune(
    db,
    [
      { pruning: eventPruning, before: before(retention.events) },
      { pruning: auditPruning, before: before(retention.audit) },
      { pruning: deliveryPruning, before: before(retention.deliveries) },
      { pruning: messagePruning, before: before(retention.deliveries) },
      { pruning: alertPruning, before: before(retention.alerts) },
      { pruning: actionPruning, before: before(retention.actions) },
    ],
    log,
    signal,
  );
}
