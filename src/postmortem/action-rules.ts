import { dateOf, epochMs, humanDuration, type Instant, instant } from '../kernel/index.ts';
import type { CauseFact, PostmortemFacts } from './facts.ts';
import type { ActionItem } from './postmortem.ts';
import { responseOf } from './response.ts';

type Draft = Omit<ActionItem, 'id' | 'due'>;

/** Days until an item is due, by priority. */
const DUE_DAYS = { P0: 3, P1: 14, P2: 28 } as const;
const SLOW_DETECTION_MS = 5 * 60_000;
const SLOW_ACKNOWLEDGEMENT_MS = 5 * 60_000;
const DAY_MS = 86_400_000;
const MAX_ITEMS = 12;

/** Action items that follow from the facts, the most urgent first. */
export function actionItems(facts: PostmortemFacts, now: Instant): ActionItem[] {
  const drafts = [...fromCause(facts), ...fromResponse(facts)];
  const seen = new Set<string>();
  const from = facts.incident.resolvedAt ?? now;
  return drafts
    .filter(({ title }) => !seen.has(title) && seen.add(title) !== undefined)
    .sort((a, b) => (a.priority < b.priority ? -1 : a.priority > b.priority ? 1 : 0))
    .slice(0, MAX_ITEMS)
    .map((draft, index) => ({
      ...draft,
      id: `${facts.incident.id}/${index + 1}`,
      due: dateOf(instant(epochMs(from) + DUE_DAYS[draft.priority] * DAY_MS)),
    }));
}

function fromCause(facts: PostmortemFacts): Draft[] {
  const { investigation, incident } = facts;
  const first = investigation?.causes[0];
  if (investigation === undefined || first === undefined || investigation.verdict === 'inconclusive')
    return [
      {
        title: `Close the gaps in telemetry that kept the cause of ${incident.id} unknown`,
        why: investigation?.unknown[0] ?? 'No investigation has reached a verdict.',
        ownerRole: ownerOf(facts, incident.service),
        priority: 'P0',
        proof: {
          kind: 'chaos',
          how: `A chaos run with a known fault in ${incident.service} gets a verdict that names it.`,
        },
      },
    ];
  return [...fromStatement(facts, first), ...fromSaturation(facts, first), ...fromKind(facts, first)];
}

function fromStatement(facts: PostmortemFacts, { statement, service, change }: CauseFact): Draft[] {
  if (statement === undefined) return [];
  const release = change?.to === undefined ? service : `${service} ${change.to}`;
  const owner = ownerOf(facts, service);
  return [
    {
      title:
        statement.what === 'more_often'
          ? `Run the statement of ${release} once per request instead of many times`
          : `Give the statement of ${release} an index, or rewrite it, before it ships again`,
      why: `It took ${Math.round(statement.share * 100)}% of the database time of ${service}, p99 ${milliseconds(statement.p99Ms)}.`,
      ownerRole: owner,
      priority: 'P0',
      proof: {
        kind: 'test',
        how: `A test runs its plan against a production-sized table and finds no sequential scan and a p99 below ${milliseconds(goal(statement))}.`,
      },
    },
    {
      title: `Test query performance of ${service} in CI, on data of production's size`,
      why: 'The statement passed every check that it met before release.',
      ownerRole: owner,
      priority: 'P0',
      proof: {
        kind: 'test',
        how: `The test fails on ${release} as it was released, and passes on its repair.`,
      },
    },
    {
      title: `Bound what one statement of ${service} may cost: a statement timeout below the request's deadline`,
      why: 'One slow statement could hold connections for as long as it liked.',
      ownerRole: owner,
      priority: 'P1',
      proof: {
        kind: 'chaos',
        how: `A chaos run that makes a statement slow leaves the other operations of ${service} within their SLOs.`,
      },
    },
  ];
}

/** What it took before, if that is known; else a tenth of what it took. */
function goal(statement: NonNullable<CauseFact['statement']>): number {
  return Math.max(1, statement.p99MsBefore ?? statement.p99Ms / 10);
}

function fromSaturation(facts: PostmortemFacts, { saturated, service }: CauseFact): Draft[] {
  return saturated.slice(0, 2).map(({ noun, limit }) => ({
    title: `Alert on saturation: ${noun} of ${service}${limit === undefined ? '' : ` (limit ${trimmed(limit)})`} above 80% for a minute`,
    why: `${capital(noun)} of ${service} were used up, and no alert spoke of it before users felt it.`,
    ownerRole: ownerOf(facts, service),
    priority: 'P1' as const,
    proof: {
      kind: 'chaos' as const,
      how: `A chaos run that takes ${noun} away fires this alert before the SLO's own.`,
    },
  }));
}

function fromKind(facts: PostmortemFacts, { kind, service, change, title }: CauseFact): Draft[] {
  const owner = ownerOf(facts, service);
  switch (kind) {
    case 'release': {
      const release = change?.to === undefined ? service : `${service} ${change.to}`;
      return [
        ...(facts.hadCanary === true
          ? []
          : [
              {
                title: `Release ${service} by canary: a small share of traffic first, judged against the version before`,
                why: `${release} took all traffic at once.`,
                ownerRole: owner,
                priority: 'P1' as const,
                proof: {
                  kind: 'chaos' as const,
                  how: `Releasing ${release} again in a drill is stopped by the canary with less than 1% of the budget used.`,
                },
              },
            ]),
        {
          title: `Load-test releases of ${service} with production's data volume and request mix`,
          why: 'The fault shows only under real data and load.',
          ownerRole: owner,
          priority: 'P2' as const,
          proof: { kind: 'test' as const, how: `The load test fails on ${release}.` },
        },
      ];
    }
    case 'query':
      return [];
    case 'saturation':
      return [
        {
          title: `Find and end what used up the resource (${title})`,
          why: 'It ran full without more load and without a recorded change.',
          ownerRole: owner,
          priority: 'P0' as const,
          proof: {
            kind: 'slo' as const,
            how: `${service} stays within its SLOs for 14 days without a restart.`,
          },
        },
      ];
    case 'dependency':
      return [
        {
          title: `Let callers of ${service} degrade without it: deadline, circuit breaker, fallback`,
          why: `Requests failed or waited because ${service} did.`,
          ownerRole: ownerOf(facts, facts.incident.service),
          priority: 'P0' as const,
          proof: {
            kind: 'chaos' as const,
            how: `A chaos run that takes ${service} away keeps ${facts.incident.service} within its SLOs, or degraded as designed.`,
          },
        },
        {
          title: `Take in telemetry of ${service} itself`,
          why: `Why ${service} failed could be seen only from its callers.`,
          ownerRole: owner,
          priority: 'P1' as const,
          proof: {
            kind: 'test' as const,
            how: `nines investigation show names what happened inside ${service} in the next chaos run.`,
          },
        },
      ];
    case 'traffic':
      return [
        {
          title: `Scale ${service} with its load, and shed what is beyond it`,
          why: 'Demand grew beyond what was provided.',
          ownerRole: owner,
          priority: 'P0' as const,
          proof: {
            kind: 'test' as const,
            how: 'A load test at twice this incident’s peak stays within the SLOs.',
          },
        },
        {
          title: `Forecast the demand on ${service}, with an alert on headroom`,
          why: 'The growth came as a surprise.',
          ownerRole: owner,
          priority: 'P1' as const,
          proof: { kind: 'slo' as const, how: 'Headroom stays above 30% for 28 days.' },
        },
      ];
    case 'unknown':
      return [
        {
          title: `Instrument ${service} so that its own time is split into operations`,
          why: 'The symptom arises there, in nothing that has a span of its own.',
          ownerRole: owner,
          priority: 'P0' as const,
          proof: { kind: 'chaos' as const, how: `A chaos run in ${service} gets a confirmed verdict.` },
        },
      ];
  }
}

function fromResponse(facts: PostmortemFacts): Draft[] {
  const { incident, remediations, objectives } = facts;
  const { detectMs, acknowledgeMs } = responseOf(incident);
  const owner = ownerOf(facts, incident.service);
  const drafts: Draft[] = [];
  if (detectMs > SLOW_DETECTION_MS)
    drafts.push({
      title: `Detect faults of ${incident.service} within five minutes`,
      why: `Detection took ${humanDuration(detectMs)}.`,
      ownerRole: owner,
      priority: 'P1',
      proof: {
        kind: 'slo',
        how: 'nines slo prove shows a time to page below five minutes for this error rate.',
      },
    });
  if (acknowledgeMs === undefined || acknowledgeMs > SLOW_ACKNOWLEDGEMENT_MS)
    drafts.push({
      title: 'Drill the page: it reaches somebody, and escalates when it does not',
      why:
        acknowledgeMs === undefined
          ? 'No acknowledgement is recorded.'
          : `Acknowledging took ${humanDuration(acknowledgeMs)}.`,
      ownerRole: 'on-call lead',
      priority: acknowledgeMs === undefined ? 'P2' : 'P1',
      proof: {
        kind: 'chaos',
        how: 'A page drill is acknowledged within five minutes, three times in a row.',
      },
    });
  if (!remediations.some(each => each.state === 'succeeded'))
    drafts.push({
      title: `Write a runbook that mitigates this on ${incident.service}, with a check and an undo`,
      why: 'No runbook step mitigated it.',
      ownerRole: owner,
      priority: 'P1',
      proof: { kind: 'chaos', how: 'A drill with the same fault is mitigated by the runbook and verified.' },
    });
  for (const each of remediations.filter(one => one.state === 'failed' || one.state === 'undone').slice(0, 2))
    drafts.push({
      title: `Repair the step "${each.title}", which did not help`,
      why: `It ended ${each.state}.`,
      ownerRole: owner,
      priority: 'P1',
      proof: { kind: 'chaos', how: 'A drill with the same fault ends with the step verified.' },
    });
  const blind = objectives.filter(each => each.total === undefined);
  if (objectives.length === 0 || blind.length > 0)
    drafts.push({
      title:
        objectives.length === 0
          ? `Declare SLOs for ${incident.service}`
          : `Restore data for ${blind.map(each => each.displayName).join(', ')}`,
      why: 'What users lost could not be counted.',
      ownerRole: owner,
      priority: 'P1',
      proof: { kind: 'slo', how: 'nines slo list shows data over the whole window.' },
    });
  return drafts;
}

/** The owner is given of the service at whose door the cause lies; of others only the role is known. */
function ownerOf({ owner, incident, investigation }: PostmortemFacts, service: string): string {
  const owned = investigation?.causes[0]?.service ?? incident.service;
  return owner === undefined || service !== owned ? `owner of ${service}` : `${owner}, owner of ${service}`;
}

function milliseconds(value: number): string {
  return humanDuration(Math.max(1, value));
}

function trimmed(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
