import { type Duration, type DurationText, duration, formatDuration } from '../../kernel/index.ts';
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
  alertName: string;
  /** Absent: no such alert. */
  page?: AlertMeta;
  ticket?: AlertMeta;
  /** How long an alert must hold, where a step heeds it; at once if absent. */
  waits?: { page?: DurationText; ticket?: DurationText };
  /** What `sloth_slo_info` says: how it was made and from what. */
  mode: string;
  spec: string;
  windows: AlertWindows;
  /** What makes the rules, in order; recording, metadata and alert rules if absent. */
  steps?: readonly RuleStep[];
  /** What `sloth_version` says. */
  version?: string;
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

/** Makes rules, or changes those that the steps before it made. */
export type RuleStep = (parts: RuleParts, spec: RuleSpec) => void;

export function ruleId({ service, name }: Pick<RuleSpec, 'service' | 'name'>): string {
  return `${service}-${name}`;
}

/** The windows over which the ratio is recorded, shortest first. */
export function recordedWindows({ page, ticket }: AlertWindows): DurationText[] {
  const all = [...page, ...ticket].flatMap(row => [row.short, row.long]);
  return [...new Set(all.length === 0 ? ['5m'] : all)].sort((a, b) => duration(a) - duration(b));
}

/** The same windows as Prometheus writes them, so that `60m` and `1h` are one window and one name. */
export function canonicalWindows({ page, ticket }: AlertWindows): AlertWindows {
  const canonical = (text: DurationText) => promDuration(duration(text));
  const rows = (all: readonly AlertWindow[]) =>
    all.map(row => ({ ...row, short: canonical(row.short), long: canonical(row.long) }));
  return { page: rows(page), ticket: rows(ticket) };
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

/** `30d`, `4w`, `1h30m`: as Prometheus writes a duration, years and weeks only where nothing is left over. */
export function promDuration(ms: number): DurationText {
  if (ms > 0 && ms % 31_536_000_000 === 0) return `${ms / 31_536_000_000}y`;
  if (ms > 0 && ms % 604_800_000 === 0) return `${ms / 604_800_000}w`;
  return formatDuration(ms);
}

/**
 * A number as Go prints it (`%g`), which is how Sloth writes it: the fewest digits that are exact, with an exponent
 * below 0.0001 and from a million, as `1.0000000000047748e-05`.
 */
export function goNumber(value: number): string {
  const [digits, power] = value.toExponential().split('e') as [string, string];
  const exponent = Number(power);
  if (value === 0 || (exponent >= -4 && exponent < 6)) return String(value);
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
