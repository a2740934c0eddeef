import type { Kernel } from './kernel/index.ts';
import { type Reacting, reactionsOf } from './reacting.ts';
import { reactToActions } from './reactions-to-actions.ts';
import { reactToAlerts } from './reactions-to-alerts.ts';
import { reactToBudgets } from './reactions-to-budgets.ts';
import { reactToIncidents } from './reactions-to-incidents.ts';
import { reactToLosses } from './reactions-to-losses.ts';
import { reactToRemediation } from './reactions-to-remediation.ts';
import { reactToVerdicts } from './reactions-to-verdicts.ts';

/**
 * How the rooms react to each other: down by import, up by event. Every reaction is told at least once and changes
 * nothing the second time. Names of handlers are stored with what is under way, and never change.
 */
export function react(kernel: Kernel, rooms: Reacting): void {
  const on = reactionsOf(kernel);
  for (const listen of [
    reactToAlerts,
    reactToLosses,
    reactToIncidents,
    reactToVerdicts,
    reactToRemediation,
    reactToActions,
    reactToBudgets,
  ])
    listen(on, rooms);
}
