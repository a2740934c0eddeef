import { epochMs, humanDuration } from '../kernel/index.ts';
import type { PostmortemFacts } from './facts.ts';
import { responseOf } from './response.ts';

/** What the facts say about the response, by rules: each sentence has the fact that it rests on. */
export interface Review {
  well: string[];
  wrong: string[];
  lucky: string[];
  lessons: string[];
}

const QUICK_MS = 5 * 60_000;
const SOON_MS = 5 * 60_000;

export function reviewOf(facts: PostmortemFacts): Review {
  return { well: wentWell(facts), wrong: wentWrong(facts), lucky: lucky(facts), lessons: lessons(facts) };
}

function wentWell({ incident, investigation, remediations, objectives }: PostmortemFacts): string[] {
  const { detectMs, acknowledgeMs, mitigateMs } = responseOf(incident);
  const found: string[] = [];
  if (detectMs <= QUICK_MS) found.push(`The fault was detected ${humanDuration(detectMs)} after its onset.`);
  if (acknowledgeMs !== undefined && acknowledgeMs <= QUICK_MS)
    found.push(`The page was acknowledged ${humanDuration(acknowledgeMs)} after the incident opened.`);
  if (investigation !== undefined && investigation.verdict !== 'inconclusive') {
    const took = epochMs(investigation.at) - epochMs(incident.openedAt);
    found.push(
      `The cause was ${investigation.verdict} from stored evidence${took >= 0 ? ` ${humanDuration(took)} after the incident opened` : ''}.`,
    );
    const changes = investigation.ruledOut.filter(each =>
      /^(Release|Rollback|Scaling|Restart|Configuration)/.test(each.title),
    );
    if (changes.length > 0)
      found.push(
        `${changes.length === 1 ? 'A change' : `${changes.length} changes`} of the same hours ${changes.length === 1 ? 'was' : 'were'} ruled out with figures rather than undone on suspicion.`,
      );
  }
  for (const each of remediations.filter(one => one.state === 'succeeded'))
    found.push(
      `"${each.title}" ran from a runbook${mitigateMs === undefined ? '' : `, mitigated ${humanDuration(mitigateMs)} after the onset`}, and was verified by the service's own indicators.`,
    );
  const kept = objectives.filter(each => each.budgetRemaining !== undefined && each.budgetRemaining > 0.5);
  if (kept.length > 0 && kept.length === objectives.length)
    found.push('More than half of every error budget is left.');
  return found;
}

function wentWrong(facts: PostmortemFacts): string[] {
  const { incident, investigation, remediations, objectives, hadCanary } = facts;
  const { detectMs, acknowledgeMs, mitigateMs } = responseOf(incident);
  const first = investigation?.causes[0];
  const found: string[] = [];
  const isKnown = first !== undefined && investigation?.verdict !== 'inconclusive';
  if (isKnown && first.kind === 'release' && hadCanary !== true)
    found.push(
      `${first.change?.service ?? first.service} ${first.change?.to ?? ''}`.trim() +
        (hadCanary === false
          ? ' took all traffic at once: no canary stood before it.'
          : ' took all traffic; no canary is recorded.'),
    );
  if (isKnown && first.statement !== undefined) {
    const { statement } = first;
    found.push(
      `A ${{ new: 'new', slower: 'slower', more_often: 'more frequent' }[statement.what]} database statement (p99 ${humanDuration(Math.max(1, statement.p99Ms))}) met no check of its plan or cost before production.`,
    );
  }
  if (isKnown)
    for (const { noun, used, limit } of first.saturated.slice(0, 2)) {
      const spoken = incident.alerts.some(alert =>
        /pool|connection|saturat|heap|memory|cpu|loop/i.test(alert.name),
      );
      if (!spoken)
        found.push(
          `No alert spoke of the saturation: ${limit === undefined ? `${noun} was full` : `${round(used)} of ${round(limit)} ${noun} were in use`}, and the first alert was of what users felt.`,
        );
    }
  if (!isKnown) found.push('Stored evidence did not settle the cause.');
  if (detectMs > QUICK_MS) found.push(`Detection took ${humanDuration(detectMs)}.`);
  if (acknowledgeMs === undefined) found.push('No acknowledgement of the page is recorded.');
  else if (acknowledgeMs > QUICK_MS)
    found.push(`Acknowledging the page took ${humanDuration(acknowledgeMs)}.`);
  if (mitigateMs === undefined)
    found.push('No mitigation is recorded: the service recovered, or was repaired, outside what Nines saw.');
  for (const each of remediations.filter(one => one.state === 'failed' || one.state === 'undone'))
    found.push(`"${each.title}" ${each.state === 'failed' ? 'failed' : 'did not help, and was undone'}.`);
  if (remediations.length === 0) found.push('No runbook step was proposed for it.');
  for (const each of objectives) {
    if (each.total === undefined)
      found.push(`What ${each.displayName} lost could not be counted: there is no data.`);
    else if (each.budgetRemaining !== undefined && each.budgetRemaining <= 0)
      found.push(`The error budget of ${each.displayName} is exhausted.`);
  }
  return found;
}

function lucky({ investigation, remediations, incident, objectives }: PostmortemFacts): string[] {
  const found: string[] = [];
  const change = investigation?.verdict === 'inconclusive' ? undefined : investigation?.causes[0]?.change;
  if (change !== undefined) {
    const lag = epochMs(incident.onsetAt) - epochMs(change.at);
    if (lag >= -60_000 && lag <= SOON_MS)
      found.push(
        `The fault showed ${lag <= 0 ? 'as soon as the change began' : `${humanDuration(lag)} after the change`}; one that shows after hours is harder to place.`,
      );
    if (
      change.from !== undefined &&
      remediations.some(each => each.state === 'succeeded' && each.to === change.from)
    )
      found.push(`${change.from} still ran with the data as they were, so that going back was enough.`);
  }
  const barely = objectives.filter(
    each => each.budgetRemaining !== undefined && each.budgetRemaining > 0 && each.budgetRemaining < 0.2,
  );
  for (const each of barely)
    found.push(
      `${each.displayName} kept ${Math.round(each.budgetRemaining! * 100)}% of its error budget, and no more.`,
    );
  return found;
}

function lessons({ investigation, incident }: PostmortemFacts): string[] {
  const first = investigation?.causes[0];
  if (first === undefined || investigation?.verdict === 'inconclusive')
    return [
      'What telemetry does not show cannot be repaired with confidence: the gaps are the first thing to close.',
    ];
  const found: string[] = [];
  if (first.statement !== undefined)
    found.push(
      'The cost of a query depends on the size of its data: only data of production’s size tells it before production does.',
      'Query performance is a matter of reliability, not of speed alone.',
    );
  if (first.saturated.some(each => each.resource === 'database_pool'))
    found.push(
      'A pool is a queue in disguise: when it is full, every request waits, also those that are cheap.',
    );
  if (first.kind === 'release')
    found.push(
      'Change is where most outages begin: each release needs a small first step, a judge, and a way back.',
    );
  if (first.kind === 'dependency')
    found.push(`What ${incident.service} depends on is part of its reliability, and will be away some day.`);
  if (first.kind === 'traffic')
    found.push('Demand has to be forecast, and what is beyond it shed, before it arrives.');
  if (first.kind === 'saturation')
    found.push('A resource that is measured but not alerted on is found by users first.');
  if (found.length === 0)
    found.push(`Time that has no span of its own in ${first.service} is time nobody can explain.`);
  return found;
}

function round(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}
