import { Fault, type FaultCode, faultCodes } from '../../kernel/index.ts';

/** What the command line says about itself beyond its commands: rooms, first steps, shortcuts, topics. */

/** One line a room. A room that is not listed shows its verbs alone. */
export const ROOMS: Readonly<Record<string, string>> = {
  action: 'what was done to services, and undoing it',
  alert: 'what fires now, and why',
  audit: 'who changed what, and when',
  capacity: 'demand, headroom and forecast',
  catalog: 'reliability as code',
  change: 'releases and other changes',
  chaos: 'breaking things on purpose, safely',
  deploy: 'releases and rollbacks',
  heartbeat: 'jobs that must run, and when they last did',
  incident: 'from the first page to the resolution',
  investigation: 'why it is broken, with evidence',
  logs: 'what services write: search, count, follow',
  maintenance: 'planned work',
  monitor: 'alerts and dashboards for what a service exports',
  notification: 'what was sent to whom',
  oncall: 'who is responsible',
  page: 'who was woken, and who answered',
  platform: 'what runs where',
  postmortem: 'what happened, what was learnt, what is done about it',
  probe: 'a look from outside: whether it answers, and how fast',
  readiness: 'whether a service is fit to run',
  remediation: 'the safe fix: proposed, approved, run, verified',
  runbook: 'the safe fix: propose, approve, run, verify',
  service: 'what is looked after, and who owns it',
  slo: 'objectives, error budgets and burn rates',
  telemetry: 'metrics and golden signals, and what they take',
  traces: 'requests across services',
};

interface Line {
  /** As typed after `nines`; it is shown only if its first words are a command that exists. */
  command: string;
  says: string;
}

export const START_HERE: readonly Line[] = [
  { command: 'serve', says: 'run the server and the console' },
  { command: 'drill bad-release', says: 'ship a bad release to the example shop and watch' },
  { command: 'slo list', says: 'how much error budget is left' },
  { command: 'incident list', says: 'what is broken now, and what was' },
];

/** The six shortcuts of the Claude Code plugin, each shown only if its room exists. */
export const SHORTCUTS: readonly { name: string; room: string; says: string }[] = [
  { name: 'incident', room: 'incident', says: 'work an incident, or rehearse one' },
  { name: 'postmortem', room: 'postmortem', says: 'draft a blameless postmortem' },
  { name: 'monitor', room: 'monitor', says: 'suggest metrics and alerts for a service' },
  { name: 'deploy', room: 'deploy', says: 'plan and follow a safe deployment' },
  { name: 'scale', room: 'capacity', says: 'propose a scaling policy' },
  { name: 'slo', room: 'slo', says: 'define SLIs, SLOs and error budgets' },
];

const WHAT_CODES_MEAN: Record<FaultCode, string> = {
  invalid: 'an argument, a flag, a field or a file is wrong',
  unauthenticated: 'the server does not know who asks',
  forbidden: 'known, and not allowed',
  not_found: 'there is no such thing',
  conflict: 'it is in a state in which this cannot be done',
  denied: 'a gate said no: error budget, guard, action budget',
  too_large: 'larger than a bound allows',
  overloaded: 'over a bound; try again later',
  cancelled: 'interrupted with Ctrl-C',
  internal: 'something in Nines itself failed',
  unavailable: 'the server, or something it needs, is away',
  timeout: 'no answer in time',
};

/** Help topics: `nines help exit-codes`. */
export const TOPICS: Readonly<Record<string, { says: string; text: () => string }>> = {
  'exit-codes': { says: 'what each exit code means', text: exitCodes },
  output: { says: 'text, JSON, errors and colour', text: () => OUTPUT },
};

function exitCodes(): string {
  const byExit = Map.groupBy(faultCodes, code => new Fault(code, '').exitCode);
  const rows = [...byExit].toSorted(([a], [b]) => a - b);
  const lines = rows.flatMap(([exit, codes]) =>
    codes.map(
      (code, i) =>
        `  ${i === 0 ? String(exit).padStart(3) : '   '}  ${code.padEnd(16)} ${WHAT_CODES_MEAN[code]}`,
    ),
  );
  const drill = '    7  drill            a drill ran, and a stage was late or missing';
  return ['Exit codes', '', '    0  it worked', ...lines, drill].join('\n');
}

const OUTPUT = `Output

  Text for people goes to standard output, 80 columns wide. With --json the same
  answer comes as JSON, in the shape that the API gives (see /openapi.json).

  Errors go to standard error: what is wrong, where, and what would be right.
  With --json they are one line of JSON, {"error": {"code", "message", ...}}, and
  standard output stays empty. The exit code tells the kind of error; see
  nines help exit-codes.

  Times are ISO 8601 in UTC (2026-01-27T03:15:00Z), or from now: now, -15m, +1h.
  Durations are written 30s, 5m, 1h30m, 30d.

  Colour is used on a terminal only, and never with --no-color or NO_COLOR set.

  NINES_SERVER, NINES_TOKEN and NINES_DATA stand for --server, --token, --data.
  NINES_DEBUG=1 shows where an unexpected failure comes from.`;
