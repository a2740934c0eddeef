import { z } from 'zod';
import { epochMs, humanDuration, type Instant, timeOfDay } from '../kernel/index.ts';
import { Incident, ROLE_NAMES, RoleName } from './incident.ts';
import { newest, TimelineEntry } from './timeline.ts';

const WIDTH = 80;
const LABEL = 10;
const SHOWN_ENTRIES = 40;

/** An incident with all that somebody at 3 AM needs. Absent: not known. */
export const IncidentView = z.object({
  incident: Incident,
  at: z.string(),
  cause: TimelineEntry.optional().describe('The newest verdict'),
  fix: TimelineEntry.optional().describe('The newest word on the fix: proposed, approved, running, checked'),
  timeline: z.array(TimelineEntry),
  /** Commands that are safe now: they change what Nines knows, or start what is guarded and can be undone. */
  next: z.array(z.object({ command: z.string(), does: z.string() })),
});
export type IncidentView = z.infer<typeof IncidentView>;

/** Pure. */
export function incidentView(
  incident: Incident,
  timeline: readonly TimelineEntry[],
  now: Instant,
): IncidentView {
  const cause = newest(timeline, 'verdict');
  const fix = newest(timeline, 'proposal', 'approval', 'action', 'verification');
  return {
    incident,
    at: now,
    ...(cause === undefined ? {} : { cause }),
    ...(fix === undefined ? {} : { fix }),
    timeline: [...timeline],
    next: nextCommands(incident, timeline),
  };
}

function nextCommands(incident: Incident, timeline: readonly TimelineEntry[]): IncidentView['next'] {
  const { id, status, acknowledgedAt } = incident;
  if (status === 'resolved')
    return [
      { command: `nines postmortem show ${id}`, does: 'reads what was learnt' },
      { command: `nines incident reopen ${id}`, does: 'if it is back' },
    ];
  const proposal = newest(timeline, 'proposal');
  const begun = newest(timeline, 'action');
  const approve = proposal?.data?.approve;
  const open = proposal !== undefined && (begun === undefined || begun.seq < proposal.seq);
  return [
    ...(acknowledgedAt === undefined
      ? [{ command: `nines incident acknowledge ${id}`, does: 'stops the paging; you have it' }]
      : []),
    ...(open && typeof approve === 'string'
      ? [{ command: approve, does: 'starts the fix; it is checked, and undone if it does not help' }]
      : []),
    ...(status === 'mitigated'
      ? [{ command: `nines incident resolve ${id}`, does: 'if you are sure that it is over' }]
      : []),
    { command: `nines incident note ${id} "…"`, does: 'records what you see' },
  ];
}

/** 80 columns: what is broken, why, and what is safe to do. Pure. */
export function renderView({ incident, at, cause, fix, timeline, next }: IncidentView): string {
  const { id, severity, status, phase, title } = incident;
  const sections = [
    cut(`${id}  ${severity}  ${status}, phase ${phase}`),
    ...wrap(title, 0),
    '',
    ...section('State', stateText(incident, at)),
    ...section('Impact', impactText(incident)),
    ...section('Cause', cause === undefined ? 'Not known yet.' : causeText(cause)),
    ...section('Fix', fix === undefined ? 'None is proposed yet.' : fix.text),
    '',
    'Safe now',
    ...next.flatMap(({ command, does }) => wrap(`${command}: ${does}`, 2)),
    '',
    'Timeline (UTC)',
    ...(timeline.length > SHOWN_ENTRIES
      ? [`  … ${timeline.length - SHOWN_ENTRIES} earlier: nines incident timeline ${id}`]
      : []),
    ...timeline.slice(-SHOWN_ENTRIES).flatMap(entryLines),
  ];
  return sections.join('\n');
}

/** One entry over as many lines as it needs. */
export function entryLines(entry: TimelineEntry): string[] {
  const head = `  ${timeOfDay(entry.at, 'second')}  ${entry.kind.padEnd(12)} `;
  const [first = '', ...rest] = wrap(entry.text, 0, WIDTH - head.length);
  return [`${head}${first}`, ...rest.map(line => `${' '.repeat(head.length)}${line}`)];
}

/** One incident a line. */
export function summaryLine(incident: Incident): string {
  const { id, severity, status, phase, openedAt, title } = incident;
  const where = status === 'open' ? phase : status;
  return cut(
    `${id.padEnd(8)} ${severity}  ${where.padEnd(12)} ${openedAt.slice(0, 16).replace('T', ' ')}  ${title}`,
  );
}

function stateText(incident: Incident, at: Instant): string {
  const { openedAt, onsetAt, acknowledgedAt, acknowledgedBy, mitigatedAt, resolvedAt, nextUpdateAt } =
    incident;
  const end = resolvedAt ?? at;
  const roles = RoleName.options.flatMap(role =>
    incident.roles[role] === undefined ? [] : [`${ROLE_NAMES[role]}: ${incident.roles[role]}.`],
  );
  return [
    `${incident.affectedServices.join(', ')}.`,
    `Began ${clock(onsetAt, at)}, opened ${clock(openedAt, at)}, ${resolvedAt === undefined ? 'for' : 'lasted'} ${humanDuration(Math.max(epochMs(end) - epochMs(onsetAt), 0))}.`,
    acknowledgedAt === undefined
      ? resolvedAt === undefined
        ? 'Nobody has acknowledged yet.'
        : 'Nobody acknowledged.'
      : `Acknowledged by ${acknowledgedBy ?? 'somebody'} at ${timeOfDay(acknowledgedAt)}.`,
    ...roles,
    ...(mitigatedAt === undefined ? [] : [`Mitigated at ${timeOfDay(mitigatedAt)}.`]),
    ...(resolvedAt === undefined
      ? []
      : [`Resolved at ${timeOfDay(resolvedAt)} by ${incident.resolvedBy ?? 'nines'}.`]),
    ...(nextUpdateAt === undefined ? [] : [`Next update ${timeOfDay(nextUpdateAt)} UTC.`]),
  ].join(' ');
}

function impactText({ impact, severity, severityWhy }: Incident): string {
  const felt =
    impact === undefined
      ? 'How many requests are affected is not known.'
      : `${impact.statement} As of ${timeOfDay(impact.asOf)} UTC.`;
  return `${felt} ${severity}: ${severityWhy}.`;
}

function causeText({ text, data }: TimelineEntry): string {
  const verdict = data?.verdict;
  const said = typeof verdict !== 'string' || text.toLowerCase().startsWith(verdict);
  return said ? text : `${verdict}: ${text}`;
}

function section(label: string, text: string): string[] {
  const [first = '', ...rest] = wrap(text, 0, WIDTH - LABEL);
  return [`${label.padEnd(LABEL)}${first}`, ...rest.map(line => `${' '.repeat(LABEL)}${line}`)];
}

function clock(at: Instant, now: Instant): string {
  return at.slice(0, 10) === now.slice(0, 10) ? timeOfDay(at) : at.slice(0, 16).replace('T', ' ');
}

function wrap(text: string, indent: number, width = WIDTH - indent): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    // A figure keeps its percent sign.
    for (const word of paragraph.split(/\s+(?!%)/).filter(Boolean)) {
      if (line !== '' && line.length + 1 + word.length > width) {
        lines.push(line);
        line = '';
      }
      line = line === '' ? word : `${line} ${word}`;
      for (; line.length > width; line = line.slice(width)) lines.push(line.slice(0, width));
    }
    lines.push(line);
  }
  return lines.map(line => `${' '.repeat(indent)}${line}`.trimEnd());
}

function cut(line: string): string {
  return line.length <= WIDTH ? line : `${line.slice(0, WIDTH - 1)}…`;
}
