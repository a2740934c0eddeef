import { epochMs, humanDuration, type Instant, timeOfDay } from '../kernel/index.ts';
import type { Severity } from '../notify/index.ts';
import type { Impact } from './facts.ts';
import type { Incident } from './incident.ts';
import { newest, type TimelineEntry } from './timeline.ts';

/**
 * How long people may be left without news, by severity. The first is the brief's "incident update (15 min)"; the
 * others follow how soon anybody would ask.
 */
const UPDATE_EVERY_MS: Record<Severity, number> = {
  SEV1: 15 * 60_000,
  SEV2: 30 * 60_000,
  SEV3: 4 * 3_600_000,
  SEV4: 24 * 3_600_000,
};

/** When the next update is due; none once it is over. Pure. */
export function nextUpdateMs(incident: Pick<Incident, 'severity' | 'status'>): number | undefined {
  return incident.status === 'resolved' ? undefined : UPDATE_EVERY_MS[incident.severity];
}

/** What an update may rest on. What is absent is said to be unknown. */
export interface UpdateFacts {
  status: Incident['status'];
  service: string;
  onsetAt: Instant;
  now: Instant;
  impact?: Pick<Impact, 'statement'> | undefined;
  /** The verdict's own sentences; they begin with what users feel. */
  verdict?: { verdict: string; text: string; cause?: string | undefined } | undefined;
  /** The newest word on the fix: proposed, approved, begun, done or checked, as the timeline has it. */
  fix?: { text: string; unchecked: boolean } | undefined;
  mitigatedAt?: Instant | undefined;
  mitigatedWhy?: string | undefined;
  resolvedAt?: Instant | undefined;
  nextUpdateAt?: Instant | undefined;
}

/**
 * An update in Nines's voice: what is known with its figure, what is not known as such, what happens next, and when.
 * Sentences only come from facts. Pure.
 */
export function updateText(facts: UpdateFacts): string {
  const sentences =
    facts.status === 'open'
      ? openSentences(facts)
      : facts.status === 'mitigated'
        ? mitigatedSentences(facts)
        : resolvedSentences(facts);
  if (facts.nextUpdateAt !== undefined) sentences.push(`Next update ${timeOfDay(facts.nextUpdateAt)} UTC.`);
  return sentences.map(sentence).join(' ');
}

function openSentences({ service, onsetAt, impact, verdict, fix }: UpdateFacts): string[] {
  const felt =
    impact?.statement ??
    `${service} is degraded since ${timeOfDay(onsetAt)} UTC. How many requests are affected is not known yet.`;
  const known =
    verdict === undefined ? [felt, 'The cause is not known yet; it is being looked into.'] : [verdict.text];
  if (fix === undefined) return known;
  return [...known, fix.text, ...(fix.unchecked ? ['Whether it helps is being checked.'] : [])];
}

function mitigatedSentences(facts: UpdateFacts): string[] {
  const { service, mitigatedAt, mitigatedWhy } = facts;
  const since = mitigatedAt === undefined ? '' : ` since ${timeOfDay(mitigatedAt)} UTC`;
  return [
    `${service} is good again${since}${mitigatedWhy === undefined ? '' : `: ${mitigatedWhy}`}`,
    causeSentence(facts),
    'The indicators are watched until they have stayed good.',
  ];
}

function resolvedSentences(facts: UpdateFacts): string[] {
  const { service, onsetAt, resolvedAt, mitigatedAt, now, impact } = facts;
  const end = resolvedAt ?? now;
  const hurt = epochMs(mitigatedAt ?? end) - epochMs(onsetAt);
  return [
    `${service}: resolved at ${timeOfDay(end)} UTC`,
    `It hurt for ${humanDuration(Math.max(hurt, 0))}, from ${timeOfDay(onsetAt)} to ${timeOfDay(mitigatedAt ?? end)} UTC`,
    ...(impact === undefined
      ? ['How many requests were affected is not known.']
      : [`At its opening: ${impact.statement}`]),
    causeSentence(facts),
    'A postmortem follows.',
  ];
}

function causeSentence({ verdict }: UpdateFacts): string {
  if (verdict === undefined || verdict.verdict === 'inconclusive' || verdict.cause === undefined)
    return 'The cause is not known.';
  return `${verdict.verdict === 'confirmed' ? 'Cause' : 'Likely cause'}: ${verdict.cause}`;
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** The facts as the incident and its timeline have them. `nextUpdateAt` is the promise that the update makes. Pure. */
export function updateFacts(
  incident: Incident,
  timeline: readonly TimelineEntry[],
  serviceName: string,
  now: Instant,
  nextUpdateAt: Instant | undefined,
): UpdateFacts {
  const { status, onsetAt, impact, mitigatedAt, mitigatedWhy, resolvedAt } = incident;
  const verdict = newest(timeline, 'verdict');
  const fix = newest(timeline, 'proposal', 'approval', 'action', 'verification');
  return {
    status,
    service: serviceName,
    onsetAt,
    now,
    impact,
    mitigatedAt,
    mitigatedWhy,
    resolvedAt,
    nextUpdateAt,
    verdict:
      verdict === undefined
        ? undefined
        : {
            verdict: textOf(verdict, 'verdict') ?? 'likely',
            text: withoutWord(verdict.text),
            cause: textOf(verdict, 'cause'),
          },
    fix: fix === undefined ? undefined : { text: fix.text, unchecked: fix.kind === 'action' },
  };
}

/** The verdict's sentences say by themselves how sure they are; the word in front is for lists. */
function withoutWord(text: string): string {
  return text.replace(/^(confirmed|likely|inconclusive): /i, '');
}

function textOf(entry: TimelineEntry, key: string): string | undefined {
  const value = entry.data?.[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
