import { epochMs, type Instant } from '../kernel/index.ts';
import type { IncidentFacts } from './facts.ts';

/** How long each part of the response took, in milliseconds; absent: it did not happen, or is not recorded. */
export interface Response {
  detectMs: number;
  acknowledgeMs?: number;
  /** From the onset to the mitigation. */
  mitigateMs?: number;
  /** From the onset to the end; absent while it goes on. */
  resolveMs?: number;
  /** From the onset to when users stopped being affected: the mitigation, or else the end. */
  impactMs?: number;
}

export function responseOf(incident: IncidentFacts): Response {
  const onset = epochMs(incident.onsetAt);
  const since = (at: Instant) => Math.max(0, epochMs(at) - onset);
  const detected = incident.alerts.map(alert => alert.firedAt).sort()[0] ?? incident.openedAt;
  const { acknowledgedAt, mitigatedAt, resolvedAt } = incident;
  const over = mitigatedAt ?? resolvedAt;
  return {
    detectMs: since(detected),
    ...(acknowledgedAt === undefined
      ? {}
      : { acknowledgeMs: Math.max(0, epochMs(acknowledgedAt) - epochMs(incident.openedAt)) }),
    ...(mitigatedAt === undefined ? {} : { mitigateMs: since(mitigatedAt) }),
    ...(resolvedAt === undefined ? {} : { resolveMs: since(resolvedAt) }),
    ...(over === undefined ? {} : { impactMs: since(over) }),
  };
}
