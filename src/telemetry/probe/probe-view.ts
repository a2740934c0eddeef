import { z } from 'zod';
import { epochMs, humanDuration, Instant, instant, timeOfDay } from '../../kernel/index.ts';
import { cut, ms as shortMs } from '../text.ts';
import { Attempt, type Outcome } from './attempt.ts';
import {
  HeartbeatState,
  HeartbeatStatus,
  type HeartbeatVerdict,
  heartbeatVerdict,
  newHeartbeat,
} from './heartbeat.ts';
import { instanceOf, kindOf, ProbeKind } from './probe.ts';
import { newProbeState, nextAttemptAt, ProbeStatus, statusOf } from './probe-state.ts';
import { severityOf, type Watched } from './standing.ts';
import type { AnyState } from './store.ts';

/** A probe as a line of a list. */
export const ProbeView = z.object({
  name: z.string(),
  displayName: z.string(),
  service: z.string(),
  kind: ProbeKind,
  instance: z.string().describe('What it looks at'),
  status: z.union([ProbeStatus, HeartbeatStatus]),
  since: Instant.optional().describe('Since when it is wrong, or cannot be told'),
  why: z.string().optional().describe('What is wrong, or how the job stands'),
  severity: z.enum(['page', 'ticket', 'none']).describe('What a confirmed failure is'),
  lastAt: Instant.optional().describe('The last attempt, or signal'),
  lastSuccessAt: Instant.optional(),
  durationMs: z.number().optional().describe('Of the last attempt, or run'),
  certificateEndsAt: Instant.optional(),
  nextAt: Instant.optional().describe('The next attempt; when the job is due'),
  uptime24h: z.number().nullable().describe('Share of the last 24 hours; null where nothing is known'),
});
export type ProbeView = z.infer<typeof ProbeView>;

export const Uptime = z.object({ window: z.string(), ratio: z.number().nullable() });
export type Uptime = z.infer<typeof Uptime>;

export const ProbeDetail = ProbeView.extend({
  uptime: z.array(Uptime),
  attempts: z.int().describe('All that told something'),
  failures: z.int().describe('Of them'),
  recent: z.array(Attempt).describe('The last attempts, the newest first; none of a heartbeat'),
  signals: HeartbeatState.shape.recent.describe('The last signals of a job, the newest first'),
  promql: z
    .object({ uptime: z.string(), bad: z.string(), total: z.string() })
    .describe('For SLOs: the share over a window, and the counters of a ratio'),
});
export type ProbeDetail = z.infer<typeof ProbeDetail>;

export const ProbeRun = z.object({ name: z.string(), instance: z.string(), attempt: Attempt });
export type ProbeRun = z.infer<typeof ProbeRun>;

export const HeartbeatView = z.object({
  name: z.string(),
  service: z.string(),
  status: HeartbeatStatus,
  why: z.string(),
  since: Instant.optional(),
  lastSuccessAt: Instant.optional(),
  lastDurationMs: z.number().optional(),
  runningSince: Instant.optional(),
  dueAt: Instant.optional(),
  nextDueAt: Instant.optional(),
  path: z.string().describe('Where the job tells of itself, by POST'),
  token: z.boolean().describe('Whether a signal must bring a token'),
});
export type HeartbeatView = z.infer<typeof HeartbeatView>;

type Seen = Watched & { state: AnyState | undefined };

export function heartbeatPath(name: string): string {
  return `/heartbeat/${name}`;
}

/** A probe as a list shows it. */
export function probeView(seen: Seen, uptime24h: number | null, now: number): ProbeView {
  const { name, displayName, spec, state } = seen;
  const common = {
    name,
    displayName,
    service: spec.service,
    kind: kindOf(spec),
    instance: instanceOf(spec, name),
    severity: severityOf(seen),
    uptime24h,
  };
  if (spec.heartbeat !== undefined) {
    const beats = state?.kind === 'heartbeat' ? state : newHeartbeat(now);
    const { status, since, why, nextDueAt } = heartbeatVerdict(spec.heartbeat, beats, now);
    return {
      ...common,
      status,
      why,
      ...present({
        since,
        lastAt: beats.recent[0]?.at,
        lastSuccessAt: beats.lastSuccessAt,
        durationMs: beats.lastDurationMs,
        nextAt: nextDueAt,
      }),
    };
  }
  const known = state?.kind === 'attempts' ? state : newProbeState(common.instance);
  const status = statusOf(known);
  const [last] = known.recent;
  return {
    ...common,
    status,
    ...present({
      since: status === 'inconclusive' ? known.inconclusiveSince : known.failingSince,
      why: status === 'up' ? undefined : known.recent.find(attempt => attempt.error !== undefined)?.error,
      lastAt: last?.at,
      lastSuccessAt: known.lastSuccessAt,
      durationMs: last?.durationMs,
      certificateEndsAt: known.certificateEndsAt,
      nextAt: instant(Math.max(nextAttemptAt(name, spec, known, now), now)),
    }),
  };
}

export function probeDetail(seen: Seen, uptime: Uptime[], now: number): ProbeDetail {
  const { name, state } = seen;
  const day = uptime.find(one => one.window === '24h')?.ratio ?? null;
  const selector = `{probe=${JSON.stringify(name)}}`;
  return {
    ...probeView(seen, day, now),
    uptime,
    attempts: state?.attempts ?? 0,
    failures: state?.failed ?? 0,
    recent: state?.kind === 'attempts' ? state.recent : [],
    signals: state?.kind === 'heartbeat' ? state.recent : [],
    promql: {
      uptime: `avg_over_time(probe_success${selector}[30d])`,
      bad: `probe_failures_total${selector}`,
      total: `probe_attempts_total${selector}`,
    },
  };
}

export function heartbeatView({ name, spec, state }: Seen, now: number): HeartbeatView[] {
  if (spec.heartbeat === undefined) return [];
  const beats = state?.kind === 'heartbeat' ? state : newHeartbeat(now);
  const verdict: HeartbeatVerdict = heartbeatVerdict(spec.heartbeat, beats, now);
  return [
    {
      name,
      service: spec.service,
      ...verdict,
      ...present({
        lastSuccessAt: beats.lastSuccessAt,
        lastDurationMs: beats.lastDurationMs,
        runningSince: beats.runningSince,
      }),
      path: heartbeatPath(name),
      token: spec.heartbeat.token !== undefined,
    },
  ];
}

/** Without the keys that are undefined. */
function present<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

export function probesText({ probes }: { probes: readonly ProbeView[] }): string {
  if (probes.length === 0)
    return 'No probe agrees, or none is declared. A Probe of nines/v1 says what to look at:\ndocs/guide/probes.md.';
  const lines = probes.flatMap(probe => {
    const { name, kind, status, durationMs, uptime24h, certificateEndsAt, why } = probe;
    const certificate = certificateEndsAt === undefined ? '' : `  cert ${certificateEndsAt.slice(0, 10)}`;
    const line = `${status.padEnd(12)} ${cut(name, 20).padEnd(20)} ${kind.padEnd(9)} ${(durationMs === undefined ? '–' : shortMs(durationMs)).padStart(9)} ${percent(uptime24h).padStart(9)}${certificate}`;
    return why === undefined || GOOD.has(status) ? [line] : [line, `             ${cut(why, 66)}`];
  });
  return [
    `${'STATUS'.padEnd(12)} ${'PROBE'.padEnd(20)} ${'KIND'.padEnd(9)} ${'TOOK'.padStart(9)} ${'24 H'.padStart(9)}`,
    ...lines,
  ].join('\n');
}

const GOOD = new Set(['up', 'ok', 'running', 'waiting']);

export function probeText(probe: ProbeDetail): string {
  const { recent, signals, uptime } = probe;
  const lines = [
    `${cut(probe.displayName, 40)}: ${probe.status.replace('_', ' ')}${probe.since === undefined ? '' : ` since ${stamp(probe.since)}`}`,
    ...(probe.why === undefined ? [] : wrapped(probe.why)),
    '',
    `Looks at      ${cut(probe.instance, 52)} (${probe.kind})`,
    `Service       ${probe.service}; a failure is a ${probe.severity === 'none' ? 'matter for nobody' : probe.severity}`,
    `Last success  ${probe.lastSuccessAt === undefined ? 'none is known' : stamp(probe.lastSuccessAt)}`,
    `Next          ${probe.nextAt === undefined ? 'not known' : stamp(probe.nextAt)}`,
    `Counted       ${probe.attempts} ${probe.attempts === 1 ? 'attempt' : 'attempts'}, ${probe.failures} ${probe.failures === 1 ? 'failure' : 'failures'}`,
    `Uptime        ${uptime.map(({ window, ratio }) => `${window} ${percent(ratio)}`).join('   ')}`,
  ];
  if (probe.certificateEndsAt !== undefined)
    lines.push(`Certificate   ends ${stamp(probe.certificateEndsAt)}`);
  if (recent.length > 0) lines.push('', ...recent.slice(0, 10).map(attemptLine));
  if (signals.length > 0)
    lines.push(
      '',
      ...signals
        .slice(0, 10)
        .map(
          ({ at, signal, durationMs, message }) =>
            `  ${stamp(at)}  ${signal.padEnd(8)}${durationMs === undefined ? '' : ` ${humanDuration(durationMs)}`}${message === undefined ? '' : ` ${cut(message, 40)}`}`,
        ),
    );
  return lines.join('\n');
}

const MARK: Record<Outcome, string> = { success: '✓', failure: '✗', inconclusive: '?' };

function attemptLine({ at, outcome, durationMs, error }: Attempt): string {
  return `  ${MARK[outcome]} ${stamp(at)}  ${shortMs(durationMs).padStart(8)}  ${cut(error ?? '', 40)}`.trimEnd();
}

export function runText({ name, instance, attempt }: ProbeRun): string {
  const { outcome, error, phases, durationMs, http, certificate, dns, address } = attempt;
  const longest = Math.max(1, ...Object.values(phases));
  const bar = (ms: number) => '█'.repeat(Math.max(1, Math.round((ms / longest) * 30)));
  return [
    `${MARK[outcome]} ${name}: ${outcome}${error === undefined ? '' : `: ${error}`}`,
    `  ${cut(instance, 60)}${address === undefined ? '' : ` at ${address}`}`,
    '',
    ...Object.entries(phases).map(
      ([phase, ms]) => `  ${phase.padEnd(11)} ${shortMs(ms).padStart(9)}  ${bar(ms)}`,
    ),
    `  ${'together'.padEnd(11)} ${shortMs(durationMs).padStart(9)}`,
    ...(http === undefined
      ? []
      : [
          `  HTTP/${http.version} ${http.status}, ${http.bytes} bytes${http.redirects === 0 ? '' : `, ${http.redirects} redirects`}`,
        ]),
    ...(certificate === undefined
      ? []
      : [
          `  ${certificate.version}, certificate of ${cut(certificate.subject, 50)}`,
          `  ends ${stamp(certificate.endsAt)}${certificate.trusted ? '' : `, not trusted: ${certificate.problem}`}`,
        ]),
    ...(dns === undefined ? [] : dns.answers.map(answer => `  ${cut(answer, 70)}`)),
  ].join('\n');
}

export function heartbeatsText({ heartbeats }: { heartbeats: readonly HeartbeatView[] }): string {
  if (heartbeats.length === 0)
    return 'No heartbeat is declared. A Probe with a heartbeat waits for a job:\ndocs/guide/probes.md.';
  return heartbeats
    .flatMap(({ name, status, why, nextDueAt, path }) => [
      `${status.replace('_', ' ').padEnd(9)} ${cut(name, 28).padEnd(28)} next ${nextDueAt === undefined ? 'not known' : stamp(nextDueAt)}`,
      `          ${cut(why, 69)}`,
      `          POST ${path}`,
    ])
    .concat('nines probe show NAME has the last runs of one.')
    .join('\n');
}

const WIDTH = 80;

/** Lines of at most 80 columns. */
export function wrapped(text: string): string[] {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)!;
    if (last === '') lines[lines.length - 1] = cut(word, WIDTH);
    else if (last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(cut(word, WIDTH));
  }
  return lines;
}

function percent(ratio: number | null): string {
  if (ratio === null) return '–';
  // Rounded down: 99.996 % is not 100 %.
  return ratio === 1 ? '100 %' : `${(Math.floor(ratio * 100_000) / 1000).toFixed(3)} %`;
}

function stamp(at: Instant): string {
  return `${at.slice(0, 10)} ${timeOfDay(at, 'second')}`;
}

/** Ordered so that what is wrong comes first. */
const ORDER = [
  'failing',
  'missed',
  'failed',
  'too_long',
  'suspect',
  'inconclusive',
  'unknown',
  'waiting',
  'running',
  'ok',
  'up',
];

export function worstFirst(probes: readonly ProbeView[]): ProbeView[] {
  return probes.toSorted(
    (a, b) =>
      ORDER.indexOf(a.status) - ORDER.indexOf(b.status) ||
      (a.since === undefined || b.since === undefined ? 0 : epochMs(a.since) - epochMs(b.since)) ||
      a.name.localeCompare(b.name),
  );
}
