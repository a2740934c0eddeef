import { epochMs, timeOfDay } from '../kernel/index.ts';
import { type Hypothesis, scoreOf, toCause } from './hypothesis.ts';
import type { Conclusion, Verdict } from './investigation.ts';
import { BROAD } from './mechanism.ts';
import { type Observation, type RecordedChange, SPANS_GAP } from './observation.ts';
import { isCoveredBy, otherCauses } from './other-causes.ts';
import { nameOf, type TestedChange, testChange } from './release-cause.ts';
import { figure, ms, percent, perSecond } from './sentence.ts';
import { type Setting, settingOf } from './setting.ts';
import { broadlySlower } from './statement.ts';
import { summaryOf } from './summary.ts';

/** A confirmed cause has at least this score, and leads its nearest rival by this much. */
const CONFIRMED = { score: 0.75, margin: 0.2 };
const LIKELY = { score: 0.5, margin: 0.1 };
/** A cause below this is not worth naming. */
const LEAST_SCORE = 0.2;
/** Requests in a window below which nothing is concluded, and below which nothing is confirmed. */
const LEAST_REQUESTS = 8;
const ENOUGH_REQUESTS = 20;
const MAX_CAUSES = 5;
const MAX_RULED_OUT = 12;

/**
 * From evidence to verdict: pure, and the same for the same evidence in whatever order it comes. Every recorded change
 * is held against place, time, version and mechanism; causes without a change compete with them; the verdict says how far
 * the first one leads and what is missing.
 */
export function conclude(observation: Observation): Conclusion {
  const setting = settingOf(observation);
  const isBefore = (change: RecordedChange) => change.at <= observation.window.incident.to;
  const tested = [...observation.changes]
    .filter(isBefore)
    .sort((a, b) => (a.at === b.at ? (a.id < b.id ? -1 : 1) : a.at < b.at ? 1 : -1))
    .map(change => testChange(setting, change));
  const accused = tested.filter(each => each.ruledOut === undefined).map(each => each.hypothesis);
  const others = otherCauses(setting).filter(
    other =>
      !accused.some(change => isCoveredBy(other, change, setting) && scoreOf(change) >= scoreOf(other)),
  );
  const ranked = [...accused, ...others]
    .filter(hypothesis => scoreOf(hypothesis) >= LEAST_SCORE)
    .sort((a, b) => scoreOf(b) - scoreOf(a) || (a.key < b.key ? -1 : 1))
    .slice(0, MAX_CAUSES);

  const shortage = dataShortage(setting);
  const { verdict, why } = verdictOf(ranked, setting, shortage.length > 0);
  const [first] = ranked;
  const undone = first === undefined ? undefined : undoneBy(first, observation);
  const remedy = verdict === 'inconclusive' || undone !== undefined ? undefined : first?.remedy;
  return {
    verdict,
    summary: summaryOf(setting, { verdict, first, remedy, undone, shortage }),
    causes: ranked.map((hypothesis, index) => toCause(hypothesis, index + 1, setting.saturations)),
    ruledOut: ruledOut(setting, tested, ranked).slice(0, MAX_RULED_OUT),
    unknown: [...new Set([...shortage, ...why, ...unknowns(setting, ranked), ...observation.gaps])],
    ...(remedy === undefined ? {} : { remedy }),
  };
}

function verdictOf(
  ranked: readonly Hypothesis[],
  { location, symptom }: Setting,
  short: boolean,
): { verdict: Verdict; why: string[] } {
  const [first, second] = ranked;
  if (short || first === undefined || symptom === undefined) return { verdict: 'inconclusive', why: [] };
  const score = scoreOf(first);
  const margin = score - (second === undefined ? 0 : scoreOf(second));
  const rival =
    second === undefined
      ? []
      : [`"${second.title}" explains it nearly as well (${scoreOf(second)} against ${score}).`];
  const enough = Math.min(location.entry.before, location.entry.after) >= ENOUGH_REQUESTS;
  if (first.complete && score >= CONFIRMED.score && margin >= CONFIRMED.margin && enough)
    return { verdict: 'confirmed', why: [] };
  if (score >= LIKELY.score && margin >= LIKELY.margin)
    return {
      verdict: 'likely',
      why: [
        ...(margin < CONFIRMED.margin ? rival : []),
        ...(enough ? [] : ['Few requests were seen; more of them would confirm or refute it.']),
      ],
    };
  return {
    verdict: 'inconclusive',
    why: margin < LIKELY.margin ? rival : ['The evidence for any one cause is weak.'],
  };
}

/** What keeps from concluding anything at all. */
function dataShortage({ observation, location, symptom }: Setting): string[] {
  const { service, window } = observation;
  const { before, after } = location.entry;
  const from = (at: string) => timeOfDay(at, 'second');
  const silent = location.services.find(place => place.name === service)?.silent === true;
  // What could not be read is not the same as what is not there.
  const unread = observation.gaps.find(gap => gap.startsWith(SPANS_GAP));
  if (unread !== undefined && (before < LEAST_REQUESTS || after < LEAST_REQUESTS)) return [unread];
  if (before === 0 && after === 0)
    return [
      `No spans of ${service} are stored between ${from(window.baseline.from)} and ${from(window.incident.to)} UTC: whether it sends traces is unknown.`,
    ];
  if (before < LEAST_REQUESTS)
    return [
      `${before === 0 ? 'No requests' : `Only ${before} requests`} to ${service} are stored from before the onset (${from(window.baseline.from)} to ${from(window.baseline.to)} UTC), so what is usual is unknown.`,
    ];
  if (after < LEAST_REQUESTS && !silent)
    return [
      `Only ${after} requests to ${service} are stored since the onset (${from(window.incident.from)} UTC); there may be more with the next run.`,
    ];
  if (symptom === undefined && !silent)
    return [`No operation of ${service} is slower or fails more than before, as far as its spans show.`];
  return [];
}

function unknowns({ observation, saturations, location }: Setting, ranked: readonly Hypothesis[]): string[] {
  const [first] = ranked;
  const found = first === undefined ? [] : [...first.missing];
  if (first?.kind === 'release' || first?.kind === 'query')
    if (first.clues.some(clue => clue.statement.startsWith('Statement')))
      found.push('Why the statement is slow (its plan, a missing index) is not in the telemetry.');
  const located = location.services[0]?.name;
  if (
    located !== undefined &&
    !observation.resources.some(each => each.service === located && each.after !== undefined)
  )
    found.push(`No metrics of ${located} tell about its processor, memory or connection pools.`);
  else if (located !== undefined && saturations.length === 0 && first?.kind === 'unknown')
    found.push(`The resources of ${located} that are measured are not full.`);
  return found;
}

function ruledOut(
  setting: Setting,
  tested: readonly TestedChange[],
  ranked: readonly Hypothesis[],
): { title: string; why: string }[] {
  const { observation, traffic, location } = setting;
  const found = tested
    .filter(each => each.ruledOut !== undefined && !isRemedial(each.recorded, observation))
    .map(({ recorded, ruledOut: why }) => ({ title: nameOf(recorded), why: `${why}.` }));
  if (traffic.known && !traffic.surge)
    found.push({
      title: 'More traffic',
      why: `${observation.service} got ${perSecond(traffic.before)} before and ${perSecond(traffic.after)} since the onset.`,
    });
  const slow = location.slower || location.failing;
  for (const place of slow ? location.services : []) {
    if (place.share >= 0.1 || place.silent || ranked.some(each => each.service === place.name)) continue;
    if (place.calls.after < LEAST_REQUESTS || place.name === observation.service) continue;
    found.push({
      title: `${place.name} itself`,
      why: `It takes ${ms(place.ownMs.after)} per request (${ms(place.ownMs.before)} before); ${percent(place.share)} of what was added arises in it.`,
    });
  }
  for (const each of observation.resources) {
    if (!['cpu', 'event_loop', 'heap'].includes(each.resource) || each.after === undefined) continue;
    if (each.service !== location.services[0]?.name) continue;
    if (setting.saturations.some(({ figures }) => figures === each)) continue;
    const level =
      each.limit === undefined ? figure(each.after.p90, each.unit) : percent(each.after.p90 / each.limit);
    found.push({
      title: `${{ cpu: 'Processor', event_loop: 'Event loop', heap: 'Heap' }[each.resource]} of ${each.service}`,
      why: `At ${level} since the onset${each.before === undefined ? '' : ` (${each.limit === undefined ? figure(each.before.p90, each.unit) : percent(each.before.p90 / each.limit)} before)`}.`,
    });
  }
  const first = ranked[0];
  if (first?.kind === 'release' && slow) {
    const broad = broadlySlower(observation, first.service);
    if (broad !== undefined && broad < BROAD)
      found.push({
        title: 'A slow database as such',
        why: `${percent(1 - broad)} of the statements of ${first.service} that ran before take as long as they did.`,
      });
  }
  return found;
}

/** A change made since the onset to put it right, as a rollback, is not a suspect that was ruled out. */
function isRemedial(change: RecordedChange, { onset }: Observation): boolean {
  return (
    change.at > onset.at &&
    (change.kind === 'rollback' || change.kind === 'scale' || change.kind === 'restart')
  );
}

/** The implicated release has been taken back already. */
function undoneBy(first: Hypothesis, { changes, onset }: Observation): RecordedChange | undefined {
  if (first.change === undefined) return undefined;
  const { service, at, to } = first.change;
  return changes.find(
    change =>
      change.service === service &&
      change.at > at &&
      epochMs(change.at) > epochMs(onset.at) &&
      change.status === 'done' &&
      change.to !== to &&
      (change.kind === 'rollback' || change.kind === 'release'),
  );
}
