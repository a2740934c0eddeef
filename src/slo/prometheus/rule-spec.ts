import { type Duration, type DurationText, duration } from '../../kernel/index.ts';
import type { RuleGroup } from './rules.ts';

/** A row of alert windows in Sloth's terms: the share of the budget that is gone when it speaks. */
export interface AlertWindow {
  /** Of the error budget, in percent. */
  budgetPercent: number;
  short: DurationText;
  long: DurationText;
  /** The guard for low traffic: so many bad events in the long window. Needs `errors`. */
  minBadEvents?: number;
  /** So many in the short one. */
  minShortEvents?: number;
}

/** The windows of an alert, the quick one first; it fires when any of them burns too fast. */
export interface AlertWindows {
  page: readonly AlertWindow[];
  ticket: readonly AlertWindow[];
}

/** The SRE Workbook, chapter 5, for 30 days. */
export const WORKBOOK_WINDOWS: AlertWindows = {
  page: [
    { budgetPercent: 2, short: '5m', long: '1h' },
    { budgetPercent: 5, short: '30m', long: '6h' },
  ],
  ticket: [
    { budgetPercent: 10, short: '2h', long: '1d' },
    { budgetPercent: 10, short: '6h', long: '3d' },
  ],
};

export interface AlertMeta {
  /** How long it must hold; at once if absent. */
  for?: DurationText;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** What rules are made from, whichever specification it was read from. */
export interface RuleSpec {
  service: string;
  name: string;
  /** In percent, as 99.9. */
  objective: number;
  period: Duration;
  labels: Record<string, string>;
  /** The error ratio over a window, as PromQL. */
  ratio(window: DurationText): string;
  /** The good and bad events together, where the indicator has them. */
  total?(window: DurationText): string;
  /** The bad events alone, where the indicator has them. */
  errors?(window: DurationText): string;
  /** Weigh each window's errors by its share of the period's events (Sloth's plugin for uneven traffic). */
  denominatorCorrected: boolean;
  alertName: string;
  /** Absent: no such alert. */
  page?: AlertMeta;
  ticket?: AlertMeta;
  /** What `sloth_slo_info` says: how it was made and from what. */
  mode: string;
  spec: string;
  windows: AlertWindows;
  /** The period's ratio is read from the counters, and not from the records of the shortest window. */
  exactPeriod?: boolean;
  /** Groups that are left out. */
  made?: { sli: boolean; meta: boolean; alerts: boolean };
  /** Labels put on every recorded series by whoever generates. */
  extraLabels?: Record<string, string>;
  /** What is done to the rules once they are made. */
  changes?: readonly ((parts: RuleParts, spec: RuleSpec) => void)[];
  /** What a person should know of the rules. */
  notes?: readonly string[];
  /** Alerts beside those of burn, with their severity: everything failed. */
  more?: { alert: string; severity: 'page' | 'ticket'; expr: string; for: string; summary: string }[];
}

/** The rules of one SLO while they are made. */
export interface RuleParts {
  sli: RuleGroup;
  meta: RuleGroup;
  alerts: RuleGroup;
  extra: RuleGroup[];
}

export function ruleId({ service, name }: Pick<RuleSpec, 'service' | 'name'>): string {
  return `${service}-${name}`;
}

/** The windows over which the ratio is recorded, shortest first. */
export function recordedWindows({ page, ticket }: AlertWindows): DurationText[] {
  const all = [...page, ...ticket].flatMap(row => [row.short, row.long]);
  return [...new Set(all.length === 0 ? ['5m'] : all)].sort((a, b) => duration(a) - duration(b));
}

/** How many times faster than sustainable: the share's part of the period ÷ the long window, rounded as Sloth rounds. */
export function burnFactor(row: AlertWindow, period: Duration): number {
  const hours = (ms: number) => ms / 3_600_000;
  return (row.budgetPercent * hours(period)) / 100 / hours(duration(row.long));
}

/** The error budget as a share, with the binary noise that Sloth's output has. */
export function budgetRatio(objective: number): number {
  return (100 - objective) / 100;
}

/** `30d`, `4w`, `1w`: one unit, the largest that is exact, as Prometheus prints durations in rule names. */
export function promDuration(ms: Duration): DurationText {
  const units: [string, number][] = [
    ['y', 31_536_000_000],
    ['w', 604_800_000],
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ];
  for (const [unit, size] of units) if (ms % size === 0) return `${ms / size}${unit}`;
  return `${ms}ms`;
}
