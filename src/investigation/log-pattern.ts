import { epochMs } from '../kernel/index.ts';
import type { Observation, PatternFigures, Window } from './observation.ts';

export interface PatternFinding {
  service: string;
  pattern: PatternFigures;
  what: 'new' | 'surging';
  /** Lines per minute. */
  before: number;
  after: number;
}

const LEAST_LINES = 4;
const LEAST_SURGE_LINES = 10;
const SURGE = 4;
const SERIOUS = /^(warn|error|fatal|critical|alert|emerg)/i;
const MAX_FINDINGS = 12;

/** Kinds of serious log lines (warnings and above) of these services that are new, or come far more often. */
export function patternFindings(observation: Observation, services: readonly string[]): PatternFinding[] {
  const { patterns, window } = observation;
  const then = new Map(patterns.baseline.map(each => [`${each.service}\n${each.pattern}`, each]));
  const [minutesThen, minutesNow] = [minutes(window.baseline), minutes(window.incident)];
  const findings: PatternFinding[] = [];
  for (const pattern of patterns.incident) {
    if (!services.includes(pattern.service) || !SERIOUS.test(pattern.level)) continue;
    const before = (then.get(`${pattern.service}\n${pattern.pattern}`)?.count ?? 0) / minutesThen;
    const after = pattern.count / minutesNow;
    const base = { service: pattern.service, pattern, before, after };
    if (before === 0 && pattern.count >= LEAST_LINES) findings.push({ ...base, what: 'new' });
    else if (pattern.count >= LEAST_SURGE_LINES && after >= SURGE * before)
      findings.push({ ...base, what: 'surging' });
  }
  return findings
    .sort(
      (a, b) =>
        b.after - b.before - (a.after - a.before) ||
        (`${a.service}${a.pattern.pattern}` < `${b.service}${b.pattern.pattern}` ? -1 : 1),
    )
    .slice(0, MAX_FINDINGS);
}

function minutes({ from, to }: Window): number {
  return Math.max((epochMs(to) - epochMs(from)) / 60_000, 1 / 60);
}
