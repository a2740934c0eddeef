import { duration, epochMs, humanDuration, type Instant, instant, timeOfDay } from '../../kernel/index.ts';
import { type HeartbeatState, heartbeatVerdict } from './heartbeat.ts';
import { instanceOf, kindOf, type ProbeSpec } from './probe.ts';
import type { ProbeState } from './probe-state.ts';

/** What alerting needs to know of one thing that a probe watches. */
export interface Standing {
  fingerprint: string;
  service: string;
  /** The alert's name, as ProbeFailing. */
  name: string;
  rule: string;
  /** PromQL that holds while it fires. */
  expr: string;
  severity: 'page' | 'ticket';
  state: 'firing' | 'ok' | 'no_data';
  /** Failures in a row, or days left. */
  value: number;
  /** When it began, where that is known. */
  since?: Instant;
  /** Why nothing is known, when that is worth telling. */
  unknown?: string;
  labels: Record<string, string>;
  /** What is wrong, as a clause that follows the service's name. */
  what: string;
  summary: string;
  description: string;
  runbook?: string;
}

export interface Watched {
  name: string;
  displayName: string;
  spec: ProbeSpec;
  /** Of the service; undefined when it is not declared. */
  tier: number | undefined;
}

const DAY_MS = 86_400_000;
/** A probe that has made no attempt for so many intervals is one of which nothing is known. */
const SILENT_INTERVALS = 3;
const SILENT_AT_LEAST_MS = 60_000;
const LONGEST_SUMMARY = 400;

/** What a confirmed failure is: users of tiers 1 and 2 notice at once; a job that did not run waits for the morning. */
export function severityOf({ spec, tier }: Watched): 'page' | 'ticket' | 'none' {
  if (spec.alert.severity !== undefined) return spec.alert.severity;
  if (spec.heartbeat !== undefined) return 'ticket';
  return (tier ?? 2) <= 2 ? 'page' : 'ticket';
}

/** How a probe stands, for alerting: its failure, and the end of its certificate. Pure. */
export function probeStandings(watched: Watched, state: ProbeState, now: number): Standing[] {
  const severity = severityOf(watched);
  return [
    ...(severity === 'none' ? [] : [failing(watched, state, severity, now)]),
    ...certificate(watched, state, now),
  ];
}

function failing(watched: Watched, state: ProbeState, severity: 'page' | 'ticket', now: number): Standing {
  const { name, displayName, spec } = watched;
  const [last] = state.recent;
  const silentMs = last === undefined ? 0 : now - epochMs(last.at);
  const silent =
    silentMs > Math.max(SILENT_INTERVALS * duration(spec.every), SILENT_AT_LEAST_MS) + duration(spec.timeout);
  const unknown =
    last === undefined
      ? undefined
      : silent
        ? `no attempt was made for ${humanDuration(silentMs)}`
        : state.inconclusiveSince === undefined
          ? undefined
          : `since ${stamp(state.inconclusiveSince)} no attempt could be made: ${last.error ?? 'the reason is not known'}`;
  const since = state.failingSince;
  const failed = state.recent.find(attempt => attempt.outcome === 'failure');
  const error = failed?.error ?? 'the reason is not known';
  return {
    fingerprint: `${spec.service}/probe:${name}/${severity}`,
    service: spec.service,
    name: 'ProbeFailing',
    rule: `probe:${name}:failing`,
    expr: `probe_success{probe=${JSON.stringify(name)}} == 0`,
    labels: { probe: name },
    severity,
    state: last === undefined || unknown !== undefined ? 'no_data' : state.failing ? 'firing' : 'ok',
    value: state.failures,
    ...(since === undefined ? {} : { since }),
    ...(unknown === undefined ? {} : { unknown }),
    what: `the probe ${name} fails`,
    summary: short(
      `${displayName} (${kindOf(spec)} ${instanceOf(spec, name)}) fails${since === undefined ? '' : ` since ${timeOfDay(since, 'second')} UTC`}: ${error}.`,
    ),
    description: [
      `${state.failures} attempts in a row failed; ${spec.confirm.attempts} make it a failure.`,
      lastSuccess(state.lastSuccessAt),
      failed === undefined ? '' : timings(failed.durationMs, failed.phases),
      `Try it: nines probe run ${name}`,
    ]
      .filter(sentence => sentence !== '')
      .join(' '),
    ...(spec.alert.runbook === undefined ? {} : { runbook: spec.alert.runbook }),
  };
}

function certificate({ name, displayName, spec }: Watched, state: ProbeState, now: number): Standing[] {
  const { certificateEndsAt: end, recent } = state;
  if (end === undefined || spec.alert.severity === 'none') return [];
  const left = epochMs(end) - now;
  const seen = recent.find(attempt => attempt.certificate !== undefined);
  const when = left > 0 ? `ends in ${humanDuration(left)}` : `ended ${humanDuration(-left)} ago`;
  return (['ticket', 'page'] as const).map((severity): Standing => {
    const within = spec.alert.certificate[severity];
    return {
      fingerprint: `${spec.service}/probe:${name}/certificate/${severity}`,
      service: spec.service,
      name: 'CertificateExpires',
      rule: `probe:${name}:certificate:${within}`,
      expr: `probe_ssl_earliest_cert_expiry{probe=${JSON.stringify(name)}} - time() <= ${duration(within) / 1000}`,
      labels: { probe: name },
      severity,
      state: left <= duration(within) ? 'firing' : 'ok',
      value: Math.round((left / DAY_MS) * 10) / 10,
      since: instant(epochMs(end) - duration(within)),
      what: `a certificate ${left > 0 ? 'ends soon' : 'has ended'}`,
      summary: short(
        `${displayName}: the certificate of ${instanceOf(spec, name)} ${when}, at ${stamp(end)}.`,
      ),
      description: [
        seen?.certificate === undefined
          ? ''
          : `Its subject is ${seen.certificate.subject}, its issuer ${seen.certificate.issuer}; seen at ${stamp(seen.at)}.`,
        `A ticket comes at ${spec.alert.certificate.ticket}, a page at ${spec.alert.certificate.page}. It ends by itself when a later certificate is seen.`,
      ]
        .filter(sentence => sentence !== '')
        .join(' '),
      ...(spec.alert.runbook === undefined ? {} : { runbook: spec.alert.runbook }),
    };
  });
}

const HEARTBEAT_ALERTS = {
  missed: ['HeartbeatMissed', 'has not run'],
  failed: ['HeartbeatFailed', 'failed'],
  too_long: ['HeartbeatTooLong', 'runs too long'],
} as const;

/** How a job stands, for alerting. */
export function heartbeatStandings(watched: Watched, state: HeartbeatState, now: number): Standing[] {
  const { name, displayName, spec } = watched;
  const severity = severityOf(watched);
  if (severity === 'none' || spec.heartbeat === undefined) return [];
  const { status, why, since } = heartbeatVerdict(spec.heartbeat, state, now);
  const wrong = status === 'missed' || status === 'failed' || status === 'too_long';
  const [alert, what] = wrong ? HEARTBEAT_ALERTS[status] : HEARTBEAT_ALERTS.missed;
  return [
    {
      fingerprint: `${spec.service}/probe:${name}/${severity}`,
      service: spec.service,
      name: alert,
      rule: `probe:${name}:${wrong ? status : 'missed'}`,
      expr: `probe_success{probe=${JSON.stringify(name)}} == 0`,
      labels: { probe: name },
      severity,
      state: wrong ? 'firing' : status === 'waiting' ? 'no_data' : 'ok',
      value: 1,
      ...(since === undefined ? {} : { since }),
      what: `the job ${name} ${what}`,
      summary: short(`The job ${displayName} ${what}: ${why}.`),
      description: [
        lastSuccess(state.lastSuccessAt),
        state.lastDurationMs === undefined ? '' : `Its last run took ${humanDuration(state.lastDurationMs)}.`,
        'It ends when the job tells of a success.',
      ]
        .filter(sentence => sentence !== '')
        .join(' '),
      ...(spec.alert.runbook === undefined ? {} : { runbook: spec.alert.runbook }),
    },
  ];
}

function lastSuccess(at: Instant | undefined): string {
  return at === undefined ? 'No success is known.' : `The last success was at ${stamp(at)}.`;
}

function timings(durationMs: number, phases: Readonly<Record<string, number>>): string {
  const each = Object.entries(phases).map(([phase, ms]) => `${phase} ${humanDuration(ms)}`);
  return `The last failed attempt took ${humanDuration(durationMs)}${each.length === 0 ? '' : ` (${each.join(', ')})`}.`;
}

function stamp(at: Instant): string {
  return `${at.slice(0, 10)} ${timeOfDay(at, 'second')} UTC`;
}

function short(text: string): string {
  return text.length <= LONGEST_SUMMARY ? text : `${text.slice(0, LONGEST_SUMMARY - 1)}…`;
}
