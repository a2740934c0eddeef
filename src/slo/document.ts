import { humanDuration } from '../kernel/index.ts';
import type { Compiled } from './declared.ts';
import { allowedOutage } from './error-budget.ts';
import type { ErrorBudgetPolicySpec } from './error-budget-policy.ts';
import { type Objective, RATIONALE } from './objective.ts';
import { type Proof, proofRows } from './proof.ts';
import { sharePercent, times } from './text.ts';

export interface SloDocumentFacts {
  service: string;
  /** Who answers for it; undefined: nobody is named. */
  owner?: string | undefined;
  description?: string | undefined;
  date: string;
  /** With how soon each outage is heard of at the traffic of now, where that is known. */
  objectives: readonly (Compiled & { proof?: Pick<Proof, 'rows' | 'eventsPerSecond'> })[];
  /** Annotations of the Service: `slo-document/author` and so on are told at the head. */
  annotations?: Readonly<Record<string, string>> | undefined;
  policy: { name: string; spec: ErrorBudgetPolicySpec };
}

const KIND: Record<Objective['sli']['kind'], string> = {
  availability: 'Availability',
  latency: 'Latency',
  other: 'Other',
};

/** What the example of the SRE Workbook tells of the document itself. */
const REVIEW = [
  ['status', 'Status'],
  ['author', 'Author'],
  ['reviewers', 'Reviewers'],
  ['approvers', 'Approvers'],
  ['approved', 'Approved'],
  ['revisit', 'Revisit'],
] as const;

/**
 * A service's SLOs as a document, in the form of the SRE Workbook's example (appendix A,
 * https://sre.google/workbook/slo-document/): overview, SLIs and SLOs, error budget, what happens when it is spent.
 * Markdown.
 */
export function sloDocument(facts: SloDocumentFacts): string {
  const { service, owner, description, date, objectives, policy, annotations = {} } = facts;
  const review = REVIEW.flatMap(([key, title]) => {
    const value = annotations[`slo-document/${key}`];
    return value === undefined ? [] : [`| ${title} | ${cell(value)} |`];
  });
  return [
    `# SLO document: ${service}`,
    '',
    `| | |\n| --- | --- |\n| Owner | ${owner ?? 'not named'} |`,
    ...review,
    `| As of | ${date} |\n| Error budget policy | ${policy.name} |`,
    '',
    '## Service overview',
    '',
    description ?? `Nothing is written about ${service} yet: \`spec.description\` of its Service.`,
    '',
    '## SLIs and SLOs',
    '',
    '| Category | SLI | SLO |',
    '| --- | --- | --- |',
    ...objectives.map(({ objective }) => objectiveRow(objective)),
    '',
    ...objectives.flatMap(({ objective }) => [
      `**${objective.displayName}** (\`${objective.id}\`)${objective.description === undefined ? '' : `. ${objective.description}`}`,
      '',
      '```promql',
      `# share of bad over five minutes\n${objective.sli.ratioExpr('5m')}`,
      '```',
      '',
    ]),
    '## Rationale',
    '',
    ...objectives.filter(({ objective }) => objective.weight === undefined).map(rationaleLine),
    '',
    '## Error budget',
    '',
    'What may go wrong: (1 − target) × the window.',
    '',
    '| Objective | Budget | As a full outage | In minutes |',
    '| --- | --- | --- | --- |',
    ...objectives.map(
      ({ objective }) =>
        `| ${cell(objective.displayName)} | ${sharePercent(1 - objective.target)} of ${counted(objective)} in ${objective.window.text} | ${humanDuration(allowedOutage(objective.target, objective.window.length))} | ${minutes(allowedOutage(objective.target, objective.window.length))} |`,
    ),
    '',
    '## Who hears of it, and when',
    '',
    ...objectives.flatMap(alertSection),
    '## When the budget is spent',
    '',
    ...(policy.spec.description === undefined ? [] : [policy.spec.description, '']),
    '| Level | Holds | Allowed | Not allowed | Told |',
    '| --- | --- | --- | --- | --- |',
    ...policyRows(policy.spec),
    '',
    '## Clarifications and caveats',
    '',
    '- Where data covers only a part of the window, its events are estimated from that part.',
    '- Absence of data is a state of its own, and never counts as good.',
    ...objectives.flatMap(({ objective, notes }) =>
      notes.map(note => `- ${objective.displayName}: ${note.reason}.`),
    ),
    '',
  ].join('\n');
}

/** A text in a cell of a table. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ');
}

function minutes(ms: number): string {
  return String(Number((ms / 60_000).toPrecision(4)));
}

function rationaleLine({ objective: { displayName, rationale, target } }: Compiled): string {
  const why =
    rationale ??
    `Nothing is written about why it is ${sharePercent(target)}: the annotation \`${RATIONALE}\` of the SLO; \`nines slo suggest\` gives one with evidence.`;
  return `- **${displayName}**: ${why}`;
}

function objectiveRow({ sli, target, displayName, window, budgeting }: Objective): string {
  const over =
    window.calendar === undefined
      ? `rolling ${window.text}`
      : `calendar ${window.text}, ${window.calendar.timeZone}`;
  const by = budgeting === 'Occurrences' ? '' : `, in ${budgeting}`;
  return `| ${KIND[sli.kind]} | ${cell(displayName)} | ${sharePercent(target)} over a ${over}${by} |`;
}

function counted({ sli }: Objective): string {
  return { events: 'all events', slices: 'all time slices', samples: 'all looks', ratio: 'the ratio' }[
    sli.counts
  ];
}

function alertSection(one: SloDocumentFacts['objectives'][number]): string[] {
  if (one.objective.silent)
    return [`**${one.objective.displayName}** raises no alerts; it decides at the gate below.`, ''];
  const { rows, eventsPerSecond: rate } = one.proof ?? {
    rows: proofRows(one, undefined),
    eventsPerSecond: null,
  };
  const when = (ms: { ms: number } | null) => (ms === null ? 'never' : humanDuration(ms.ms));
  return [
    `**${one.objective.displayName}**${rate === null ? '' : `, at ${Number(rate.toPrecision(2))} a second as over the last hour`}`,
    '',
    '| When | Burn | Page after | Ticket after | Budget gone by then |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(
      row =>
        `| ${row.outage} | ${times(row.burnRate)} | ${when(row.page)} | ${when(row.ticket)} | ${row.budgetGone === null ? '–' : sharePercent(row.budgetGone)} |`,
    ),
    '',
  ];
}

function policyRows(spec: ErrorBudgetPolicySpec): string[] {
  const all = ['release', 'fix_release', 'chaos', 'automation', 'maintenance'] as const;
  const words = (list: readonly string[]) =>
    list.length === 0 ? 'nothing' : list.join(', ').replaceAll('_', ' ');
  return spec.levels.map(level => {
    const conditions = [
      ...(level.budgetBelow === undefined ? [] : [`less than ${sharePercent(level.budgetBelow)} left`]),
      ...(level.burnAbove === undefined
        ? []
        : [`burns over ${times(level.burnAbove.rate)} for ${level.burnAbove.over}`]),
    ];
    return `| ${level.level.replace('_', ' ')} | ${conditions.length === 0 ? 'otherwise' : conditions.join(', or ')} | ${words(level.allows)} | ${words(all.filter(one => !level.allows.includes(one)))} | ${level.tell.length === 0 ? '–' : level.tell.join(', ')} |`;
  });
}
