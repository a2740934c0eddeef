import { timeOfDay } from '../kernel/index.ts';
import type { Hypothesis } from './hypothesis.ts';
import type { Remedy, Verdict } from './investigation.ts';
import type { RecordedChange } from './observation.ts';
import { remedySentence } from './remedy.ts';
import { figure, ms, percent, quote } from './sentence.ts';
import type { Setting } from './setting.ts';
import { errorRatio } from './symptom.ts';

interface Found {
  verdict: Verdict;
  first: Hypothesis | undefined;
  remedy: Remedy | undefined;
  undone: RecordedChange | undefined;
  shortage: readonly string[];
}

/** The verdict in a few sentences: what users feel, what is used up, what stands behind it, what is proposed. */
export function summaryOf(setting: Setting, found: Found): string {
  const { verdict, first, remedy, undone, shortage } = found;
  const sentences = [symptomSentence(setting)];
  if (shortage.length > 0)
    return [...sentences, shortage[0], 'The cause is not known.'].filter(Boolean).join(' ');
  sentences.push(resourceSentence(setting, first));
  if (verdict === 'inconclusive')
    sentences.push(
      first === undefined
        ? 'The cause is not known: nothing in the stored telemetry explains it.'
        : `The cause is not known. Nearest is: ${first.title}.`,
    );
  else if (first !== undefined) sentences.push(causeSentence(setting, first, verdict));
  if (undone !== undefined)
    sentences.push(
      `${undone.service} ${undone.to ?? 'as it was'} is back since ${timeOfDay(undone.finishedAt ?? undone.at)} UTC.`,
    );
  else if (remedy !== undefined) sentences.push(remedySentence(remedy));
  return sentences.filter(sentence => sentence !== '').join(' ');
}

function symptomSentence({ observation, symptom, location }: Setting): string {
  const since = `since ${timeOfDay(observation.onset.at)} UTC`;
  if (symptom === undefined) {
    const silent = location.services.find(place => place.name === observation.service)?.silent;
    return silent ? `${observation.service} has answered hardly any request ${since}.` : '';
  }
  const { before, after, slower, failing, operation } = symptom;
  const what = `${observation.service} ${quote(operation, 60)}`;
  const threshold = observation.objectives.find(
    each => each.kind === 'latency' && each.thresholdMs !== undefined,
  );
  const usual = before === undefined ? '' : `, ${ms(before.p99Ms)} before`;
  const objective = threshold?.thresholdMs === undefined ? '' : `SLO ${ms(threshold.thresholdMs)}`;
  const bracket = [objective, usual.replace(/^, /, '')].filter(Boolean).join('; ');
  const latency = `${what} p99 is ${ms(after.p99Ms)}${bracket === '' ? '' : ` (${bracket})`}`;
  const errors =
    before === undefined
      ? `${percent(errorRatio(after))} of requests fail`
      : `${percent(errorRatio(after))} of requests fail (${percent(errorRatio(before))} before)`;
  if (slower && failing) return `${latency} ${since}; ${errors}.`;
  if (slower) return `${latency} ${since}; errors are flat.`;
  return `${what}: ${errors} ${since}; latency is ${before !== undefined && after.p99Ms > before.p99Ms * 1.5 ? 'up' : 'flat'}.`;
}

function resourceSentence({ saturations }: Setting, first: Hypothesis | undefined): string {
  const full = saturations.find(
    ({ figures, what }) => what === 'full' && (first === undefined || figures.service === first.service),
  );
  if (full === undefined) return '';
  const { figures, noun } = full;
  const used = figure(Math.min(figures.after!.p90, figures.limit ?? Number.POSITIVE_INFINITY), figures.unit);
  return figures.limit === undefined || figures.limit <= 0
    ? `The ${noun} of ${figures.service} is at ${used}.`
    : `${used} of ${figure(figures.limit, figures.unit)} ${noun} of ${figures.service} are in use.`;
}

function causeSentence({ statements, observation }: Setting, first: Hypothesis, verdict: Verdict): string {
  const hedge = verdict === 'likely' ? 'Likely cause: ' : '';
  const statement = statements.find(each => each.service === first.service);
  if (first.change !== undefined) {
    const released = `${first.service} ${first.change.to ?? ''}`.trim();
    const at = timeOfDay(first.change.at);
    if (statement !== undefined && statement.what !== 'slower')
      return `${hedge}${hedge === '' ? 'The' : 'the'} statement that takes most database time started with ${released} (${at}).`;
    return `${hedge}${hedge === '' ? 'It' : 'it'} began with ${released} (${at}).`;
  }
  const sentence = first.mechanism[0] ?? `${first.title}.`;
  const noChange = observation.changes.some(change => change.service === first.service)
    ? ''
    : ` No change of ${first.service} is recorded.`;
  return verdict === 'likely' ? `Likely cause: ${first.title}.${noChange}` : `${sentence}${noChange}`;
}
