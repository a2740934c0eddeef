import { epochMs, type Instant, instant } from '../kernel/index.ts';
import { type Alert, type AlertOptions, type Observation, step, type Transition } from './alert.ts';

/** How one thing stands that somebody else watches, as a probe: what an objective's rules are for an objective. */
export interface Standing {
  fingerprint: string;
  service: string;
  /** The alert's name, as ProbeFailing. */
  name: string;
  rule: string;
  /** PromQL that holds while it fires, for people and dashboards. */
  expr: string;
  severity: 'page' | 'ticket';
  state: 'firing' | 'ok' | 'no_data';
  value: number;
  /** When it began, where that is known. */
  since?: Instant;
  /** Why nothing is known, when that is worth telling. */
  unknown?: string;
  /** Beside service and severity. */
  labels: Readonly<Record<string, string>>;
  /** What is wrong, as a clause that follows the service's name. */
  what: string;
  summary: string;
  description: string;
  runbook?: string;
}

/** Whoever watches something that is no objective. What it no longer names has ended. */
export interface AlertSource {
  name: string;
  standings(now: number): Promise<readonly Standing[]>;
}

/** One step of the alert of a standing. Whoever watches has confirmed it, so there is no wait. Pure. */
export function standingStep(
  previous: Alert | undefined,
  standing: Standing,
  now: number,
  id: () => string,
  options: AlertOptions,
): Transition {
  const { fingerprint, service, severity, rule, name, value } = standing;
  const observation: Observation =
    standing.state === 'firing'
      ? { state: 'firing', forMs: 0, facts: { rule, rules: [rule], name, value } }
      : { state: standing.state };
  const moved = step(previous, observation, { fingerprint, service, severity }, now, id, options);
  return moved.event === 'fired' && moved.alert !== undefined
    ? { ...moved, alert: described(moved.alert, standing) }
    : moved;
}

function described(alert: Alert, { labels, since, what, summary, description, runbook }: Standing): Alert {
  return {
    ...alert,
    labels: { ...labels, ...alert.labels },
    // What is known to have begun later than now has not begun.
    ...(since === undefined
      ? {}
      : { onsetAt: instant(Math.min(epochMs(since), epochMs(alert.lastEvaluatedAt))) }),
    annotations: { what, summary, description, ...(runbook === undefined ? {} : { runbook }) },
  };
}
