import type { Instant } from '../kernel/index.ts';

/**
 * All that a postmortem is drafted from, as plain data: whoever composes the rooms reads it off them. What is absent is
 * unknown, and the document says so.
 */
export interface PostmortemFacts {
  incident: IncidentFacts;
  /** Append-only, oldest first. */
  timeline: readonly TimelineFact[];
  investigation?: InvestigationFacts | undefined;
  /** What the interval from the onset to the recovery cost, an entry for each SLO of the affected services. */
  objectives: readonly ObjectiveFact[];
  /** Who let what through although the error budget said no, in force between the hour before the onset and the end. */
  overrides?: readonly OverrideFact[] | undefined;
  /** What was done about it: each proposal, whoever started it. */
  remediations: readonly RemediationFact[];
  /** The team that owns the service of the first cause; of the incident's own service where there is none. */
  owner?: string | undefined;
  /** A runbook for this kind of cause and service exists. */
  hasRunbook?: boolean | undefined;
  /** The implicated release was first given to a part of the traffic, and judged. */
  hadCanary?: boolean | undefined;
}

export interface IncidentFacts {
  id: string;
  title: string;
  service: string;
  affectedServices: readonly string[];
  severity: string;
  status: string;
  onsetAt: Instant;
  openedAt: Instant;
  acknowledgedAt?: Instant | undefined;
  acknowledgedBy?: string | undefined;
  mitigatedAt?: Instant | undefined;
  resolvedAt?: Instant | undefined;
  phases: readonly { phase: string; at: Instant }[];
  alerts: readonly { name: string; firedAt: Instant; objective?: string | undefined }[];
  roles: Readonly<
    Partial<Record<'commander' | 'opsLead' | 'communicationsLead' | 'scribe', string | undefined>>
  >;
}

export interface TimelineFact {
  at: Instant;
  kind: string;
  actor: string;
  text: string;
}

export interface InvestigationFacts {
  verdict: 'confirmed' | 'likely' | 'inconclusive';
  at: Instant;
  summary: string;
  window: { baseline: { from: Instant; to: Instant }; incident: { from: Instant; to: Instant } };
  causes: readonly CauseFact[];
  ruledOut: readonly { title: string; why: string }[];
  unknown: readonly string[];
}

export interface CauseFact {
  rank: number;
  service: string;
  title: string;
  kind: 'release' | 'query' | 'saturation' | 'dependency' | 'traffic' | 'unknown';
  change?: { service: string; from?: string | undefined; to?: string | undefined; at: Instant } | undefined;
  statement?:
    | {
        text: string;
        what: 'new' | 'slower' | 'more_often';
        calls: number;
        p50Ms: number;
        p99Ms: number;
        p99MsBefore?: number | undefined;
        share: number;
      }
    | undefined;
  saturated: readonly { resource: string; noun: string; used: number; limit?: number | undefined }[];
  mechanism: readonly string[];
  score: number;
  evidence: readonly {
    id: string;
    kind: string;
    statement: string;
    query: string;
    link: string;
  }[];
}

export interface ObjectiveFact {
  objective: string;
  displayName: string;
  service: string;
  target: number;
  /** As `30d`. */
  windowText: string;
  /** Events in the interval; absent: no data. */
  bad?: number | undefined;
  total?: number | undefined;
  /** Share of the whole window's error budget that the interval used; 1 is all of it. */
  budgetShare?: number | undefined;
  /** What remained of the budget afterwards. */
  budgetRemaining?: number | undefined;
}

export interface OverrideFact {
  service: string;
  by: string;
  confirmedBy?: string | undefined;
  purposes: readonly string[];
  level: string;
  reason: string;
  at: Instant;
  until: Instant;
}

export interface RemediationFact {
  title: string;
  action: string;
  service: string;
  to?: string | undefined;
  /** Who may start it: `automatic`, `one_click`, `two_people`. */
  start: string;
  approvals: number;
  state: string;
}
