import { dateOf, humanDuration, type Instant, timeOfDay } from '../kernel/index.ts';
import { actionItems } from './action-rules.ts';
import { blameless } from './blameless.ts';
import type { ObjectiveFact, PostmortemFacts, RemediationFact } from './facts.ts';
import { code, fence, oneLine, percent, table } from './markdown.ts';
import { peopleOf } from './people.ts';
import type { ActionItem } from './postmortem.ts';
import { responseOf } from './response.ts';
import { reviewOf } from './review.ts';

export interface Draft {
  title: string;
  markdown: string;
  actions: ActionItem[];
}

const MAX_TIMELINE = 300;
const MAX_TEXT = 2_000;

/**
 * The document for a closed incident, from facts alone: blameless, in UTC, with figures and where they came from; what
 * is not known is said as such. The same facts give the same text.
 */
export function draftOf(facts: PostmortemFacts, now: Instant): Draft {
  const { incident } = facts;
  const people = peopleOf(facts);
  const plain = (text: string) => blameless(oneLine(text, MAX_TEXT), { people });
  const title = `${plain(incident.title)} (${dateOf(incident.onsetAt)})`;
  const actions = actionItems(facts, now).map(item => ({
    ...item,
    title: plain(item.title),
    why: plain(item.why),
  }));
  const review = reviewOf(facts);
  const bullets = (items: readonly string[], otherwise: string) =>
    items.length === 0 ? otherwise : items.map(item => `- ${plain(item)}`).join('\n');
  const sections: [string, string][] = [
    ['Summary', summary(facts, plain)],
    ['Impact', [impact(facts), ...overrides(facts, plain)].join('\n\n')],
    ['Timeline', timeline(facts, plain)],
    ['Detection and response', response(facts)],
    ['Root cause', rootCause(facts, plain)],
    ['What went well', bullets(review.well, 'Nothing in the recorded facts stands out.')],
    ['What went wrong', bullets(review.wrong, 'Nothing in the recorded facts stands out.')],
    ['Where we were lucky', bullets(review.lucky, 'Nothing in the recorded facts points to luck.')],
    [
      'Action items',
      actions.length === 0 ? 'None follows from the recorded facts.' : actions.map(actionLine).join('\n'),
    ],
    ['Lessons', bullets(review.lessons, 'To be added by those who responded.')],
  ];
  const head = [
    `# Postmortem: ${title}`,
    `${incident.id} · ${incident.severity} · ${incident.service} · drafted from recorded facts at ${dateOf(now)} ${timeOfDay(now)} UTC. It is about systems, not people; roles stand for names.`,
  ];
  const markdown = `${[...head, ...sections.map(([name, body]) => `## ${name}\n\n${body}`)].join('\n\n')}\n`;
  return { title, markdown, actions };
}

function summary(facts: PostmortemFacts, plain: (text: string) => string): string {
  const { incident, investigation, remediations } = facts;
  const { impactMs } = responseOf(incident);
  const first = investigation?.causes[0];
  const sentences = [
    `On ${dateOf(incident.onsetAt)} at ${timeOfDay(incident.onsetAt)} UTC ${incident.service} stopped meeting its objectives (${plain(incident.title)}).`,
    impactMs === undefined
      ? 'It is not recorded as over.'
      : `It lasted ${humanDuration(impactMs)}, until ${timeOfDay(incident.mitigatedAt ?? incident.resolvedAt ?? incident.onsetAt)} UTC.`,
  ];
  if (first === undefined || investigation === undefined || investigation.verdict === 'inconclusive')
    sentences.push('Stored evidence did not settle the cause.');
  else {
    sentences.push(`The cause is ${investigation.verdict}: ${plain(lowerFirst(first.title))}.`);
    const { statement, saturated } = first;
    if (statement !== undefined)
      sentences.push(
        `${statement.what === 'new' ? 'The new statement' : 'The statement'} took ${percent(statement.share)} of the database time of ${first.service} (p99 ${humanDuration(Math.max(1, statement.p99Ms))}).`,
      );
    for (const { noun, used, limit } of saturated.slice(0, 1))
      sentences.push(
        limit === undefined
          ? `Its ${noun} was used up.`
          : `${count(Math.min(used, limit))} of ${count(limit)} ${noun} were in use, so that requests waited for each other.`,
      );
  }
  for (const each of remediations.filter(one => one.state === 'succeeded').slice(0, 2))
    sentences.push(`${plain(remediation(each))} ended it, verified by the service's own indicators.`);
  return sentences.join(' ');
}

function impact({ incident, objectives }: PostmortemFacts): string {
  const { impactMs } = responseOf(incident);
  const end = incident.mitigatedAt ?? incident.resolvedAt;
  const lines = [
    `- **Duration:** ${impactMs === undefined || end === undefined ? 'not over, as far as is recorded' : `${humanDuration(impactMs)} (${timeOfDay(incident.onsetAt, 'second')} to ${timeOfDay(end, 'second')} UTC)`}`,
    `- **Services:** ${[...new Set([incident.service, ...incident.affectedServices])].join(', ')}`,
    '- **Users affected:** not known; telemetry counts requests, not users',
  ];
  if (objectives.length === 0)
    return [...lines, '- **Requests and error budget:** not known; no SLO covers the service'].join('\n');
  return [
    lines.join('\n'),
    table(
      ['SLO', 'Objective', 'Bad of all events', 'Error budget consumed', 'Budget left'],
      objectives.map(each => [
        each.displayName,
        `${percent(each.target)} over ${each.windowText}`,
        badShare(each),
        each.budgetShare === undefined ? 'no data' : percent(each.budgetShare),
        each.budgetRemaining === undefined ? 'no data' : percent(each.budgetRemaining),
      ]),
    ),
  ].join('\n\n');
}

/** The gate of the error budget was overridden: which decision, on which grounds. */
function overrides({ overrides = [] }: PostmortemFacts, plain: (text: string) => string): string[] {
  if (overrides.length === 0) return [];
  const lines = overrides.map(
    one =>
      `- From ${timeOfDay(one.at)} to ${timeOfDay(one.until)} UTC for ${one.purposes.join(', ').replaceAll('_', ' ')} of ${one.service}, at the level ${one.level.replaceAll('_', ' ')}${one.confirmedBy === undefined ? '' : ', confirmed by a second person'}: ${plain(one.reason)}`,
  );
  return [`The error budget gate was overridden:\n\n${lines.join('\n')}`];
}

function badShare({ bad, total }: ObjectiveFact): string {
  if (bad === undefined || total === undefined) return 'no data';
  if (total === 0) return 'no events';
  return `${percent(bad / total)} (${count(Math.round(bad))} of ${count(Math.round(total))})`;
}

function timeline(facts: PostmortemFacts, plain: (text: string) => string): string {
  const { incident, investigation } = facts;
  const change = investigation?.verdict === 'inconclusive' ? undefined : investigation?.causes[0]?.change;
  const entries = [
    ...(change === undefined
      ? []
      : [
          {
            at: change.at,
            text: `Change recorded: ${change.service}${change.from === undefined ? '' : ` from ${change.from}`}${change.to === undefined ? '' : ` to ${change.to}`}.`,
          },
        ]),
    {
      at: incident.onsetAt,
      text: `Onset: the first bad requests of ${incident.service}, as found in telemetry.`,
    },
    // That it was drafted is not part of what happened, and would make each draft differ from the one before.
    ...facts.timeline.filter(entry => entry.kind !== 'postmortem'),
  ];
  const ordered = entries
    .map((entry, index) => ({ ...entry, index }))
    // To the second, as it is printed: the onset is known no better, and a change comes before what it brings about.
    .sort((a, b) => {
      const [one, other] = [a.at.slice(0, 19), b.at.slice(0, 19)];
      return one === other ? a.index - b.index : one < other ? -1 : 1;
    });
  const days = new Set(ordered.map(entry => dateOf(entry.at)));
  const phases = [...incident.phases].sort((a, b) => (a.at < b.at ? -1 : 1));
  const lines = ordered.slice(0, MAX_TIMELINE).map(({ at, text }) => {
    const phase =
      at < incident.openedAt ? 'before' : (phases.findLast(each => each.at <= at)?.phase ?? 'detect');
    const time = `${days.size > 1 ? `${dateOf(at)} ` : ''}${timeOfDay(at, 'second')}`;
    return `- **${time}** (${phase}) ${plain(text)}`;
  });
  const left = ordered.length - lines.length;
  return [
    'All times are UTC; in brackets the phase of the response.',
    '',
    ...lines,
    ...(left > 0 ? [`- ${left} later entries are left out here; the incident has them all.`] : []),
  ].join('\n');
}

function response({ incident, remediations }: PostmortemFacts): string {
  const { detectMs, acknowledgeMs, mitigateMs, resolveMs } = responseOf(incident);
  const took = (value: number | undefined) => (value === undefined ? 'not recorded' : humanDuration(value));
  const figures = table(
    ['Figure', 'Took', 'From'],
    [
      ['Time to detect', took(detectMs), 'onset to the first alert'],
      ['Time to acknowledge', took(acknowledgeMs), 'incident opened to acknowledged'],
      ['Time to mitigate', took(mitigateMs), 'onset to mitigated'],
      ['Time to resolve', took(resolveMs), 'onset to resolved'],
    ],
  );
  const alerts = [...new Set(incident.alerts.map(alert => alert.name))];
  const lines = [
    `Detected by: ${alerts.length === 0 ? 'no alert is recorded' : alerts.map(name => code(name)).join(', ')}.`,
    ...remediations.map(
      each =>
        `${remediation(each)}: ${each.state}; ${{ automatic: 'policy let it start by itself', one_click: 'one approval starts it', two_people: 'two approvals start it' }[each.start] ?? each.start}, ${each.approvals === 1 ? '1 approval' : `${each.approvals} approvals`} recorded.`,
    ),
  ];
  return `${figures}\n\n${lines.map(line => `- ${line}`).join('\n')}`;
}

function rootCause({ investigation }: PostmortemFacts, plain: (text: string) => string): string {
  if (investigation === undefined) return 'Not known: nothing has been investigated.';
  const { verdict, causes, ruledOut, unknown, window } = investigation;
  const span = ({ from, to }: { from: Instant; to: Instant }) =>
    `${timeOfDay(from, 'second')} to ${timeOfDay(to, 'second')}`;
  const compared = `Compared were ${span(window.baseline)} (before) and ${span(window.incident)} UTC (since the onset).`;
  const parts: string[] = [];
  const [first] = causes;
  if (first === undefined || verdict === 'inconclusive')
    parts.push(
      `**Verdict: inconclusive.** ${compared}${first === undefined ? '' : ` Nearest is: ${plain(first.title)} (score ${first.score.toFixed(2)} of 1).`}`,
    );
  else
    parts.push(
      `**Verdict: ${verdict}. ${plain(first.title)}** (score ${first.score.toFixed(2)} of 1). ${compared}`,
    );
  if (first !== undefined) {
    if (first.mechanism.length > 0)
      parts.push(
        '### Mechanism',
        first.mechanism.map((link, index) => `${index + 1}. ${plain(link)}`).join('\n'),
      );
    if (first.statement !== undefined) parts.push('The statement:', fence('sql', first.statement.text));
    if (first.evidence.length > 0)
      parts.push(
        '### Evidence',
        first.evidence
          .map(({ id, statement, query, link }) => {
            const isStatement = query === first.statement?.text;
            return `- **${id}** ${plain(statement)} Query: ${isStatement ? 'the statement above' : code(query)} (${code(link)})`;
          })
          .join('\n'),
      );
  }
  const rivals = causes.slice(1);
  if (rivals.length > 0)
    parts.push(
      '### Weighed and found weaker',
      rivals.map(each => `- ${plain(each.title)} (score ${each.score.toFixed(2)})`).join('\n'),
    );
  if (ruledOut.length > 0)
    parts.push(
      '### Ruled out',
      ruledOut.map(({ title, why }) => `- ${plain(title)}: ${plain(why)}`).join('\n'),
    );
  if (unknown.length > 0) parts.push('### Not known', unknown.map(each => `- ${plain(each)}`).join('\n'));
  return parts.join('\n\n');
}

function remediation({ action, service, to }: RemediationFact): string {
  const what = { release: 'Rolling back', rollback: 'Rolling back', scale: 'Scaling', restart: 'Restarting' }[
    action
  ];
  return `${what ?? action} ${service}${to === undefined ? '' : ` to ${to}`}`;
}

function actionLine({ id, title, why, ownerRole, priority, due, proof }: ActionItem, index: number): string {
  const kind = { slo: 'an SLO', chaos: 'a chaos run', test: 'a test' }[proof.kind];
  return `${index + 1}. [${priority}] **${title}** (${id}; owner: ${ownerRole}; due ${due}). ${why} Closed by ${kind}: ${proof.how}`;
}

function count(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}

function lowerFirst(text: string): string {
  return /^(Release|Rollback|Scaling|Restart|Configuration|Change)\b/.test(text)
    ? `${text.charAt(0).toLowerCase()}${text.slice(1)}`
    : text;
}
