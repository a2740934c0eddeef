import { epochMs, humanDuration, timeOfDay } from '../kernel/index.ts';
import { contrast, ONSET_TOLERANCE_MS, timingOf, type VersionContrast } from './change.ts';
import { bothWindows, type Clue, changeLink, operationsLink, spanQuery, traces } from './clue.ts';
import { chainClues, type Hypothesis, locationPart, part } from './hypothesis.ts';
import type { Remedy } from './investigation.ts';
import { MECHANISM_POINTS, mechanismIn } from './mechanism.ts';
import type { RecordedChange } from './observation.ts';
import { list, ms, percent } from './sentence.ts';
import { type Setting, shareOf } from './setting.ts';
import { shift } from './shift.ts';
import { errorRatio, objectiveClues, symptomClue } from './symptom.ts';

const TIMING_POINTS = 20;
const VERSION_POINTS = 20;
/** A change is held against a service as far as the symptom arises there; from this share on in full. */
const GATE_SHARE = 0.5;
/** Least share, and least points of the mechanism, for a chain to count as evidenced. */
const COMPLETE_SHARE = 0.6;
const COMPLETE_MECHANISM = 15;

export interface TestedChange {
  hypothesis: Hypothesis;
  recorded: RecordedChange;
  /** Why it is not to blame, where that is settled. */
  ruledOut?: string;
}

/** Holds one recorded change against the evidence: place, time, version, mechanism. */
export function testChange(setting: Setting, recorded: RecordedChange): TestedChange {
  const { observation, location, symptom, traffic } = setting;
  const { service } = recorded;
  const share = shareOf(setting, service);
  const gate = Math.min(1, share / GATE_SHARE);
  const timing = timingOf(recorded, observation.onset.at, observation.changes);
  const versions = contrast(observation, recorded);
  const mechanism = mechanismIn(setting, service, recorded.to);
  const version = versionPoints(versions, traffic.surge);

  const parts = [
    locationPart(setting, service),
    part('timing', TIMING_POINTS * timing.fit * gate, TIMING_POINTS, timing.why),
    part('version', timing.fit === 0 ? 0 : version.points * gate, VERSION_POINTS, version.why),
    part('mechanism', timing.fit === 0 ? 0 : mechanism.points * gate, MECHANISM_POINTS, mechanism.why),
  ];
  const evident = parts[0]!.points > 0 && timing.fit > 0;
  const clues: Clue[] = [
    changeClue(setting, recorded),
    ...(symptom === undefined ? [] : [symptomClue(observation, symptom)]),
    ...objectiveClues(observation.objectives),
    ...(evident ? chainClues(setting, service) : []),
    ...(versions === undefined ? [] : [contrastClue(setting, recorded, versions)]),
    ...(evident ? mechanism.clues : []),
  ];
  const ruledOut = whyNot(setting, recorded, { share, timing, versions });
  const isVersioned = recorded.kind === 'release' || recorded.kind === 'rollback';
  const hypothesis: Hypothesis = {
    key: `change/${recorded.id}`,
    service,
    kind: 'release',
    title: `${nameOf(recorded)}${mechanism.statement !== undefined && evident && mechanism.statement.what !== 'slower' ? `: a ${mechanism.statement.what === 'new' ? 'new' : 'more frequent'} database statement` : ''}`,
    change: {
      id: recorded.id,
      service,
      at: recorded.at,
      ...(recorded.from === undefined ? {} : { from: recorded.from }),
      ...(recorded.to === undefined ? {} : { to: recorded.to }),
    },
    mechanism: [
      `${nameOf(recorded)} at ${timeOfDay(recorded.at, 'second')} UTC, ${timing.lagMs >= 0 ? `${humanDuration(timing.lagMs)} before` : 'at'} the onset.`,
      ...(evident ? mechanism.sentences : []),
      ...(evident && symptom !== undefined && service !== observation.service
        ? [
            `${list(location.path(service).slice(0, -1))} ${location.path(service).length > 2 ? 'wait' : 'waits'} for ${service}.`,
          ]
        : []),
    ],
    parts,
    clues,
    complete:
      share >= COMPLETE_SHARE &&
      timing.fit > 0 &&
      mechanism.points >= COMPLETE_MECHANISM &&
      (versions?.newIsBad ?? !isVersioned) &&
      ruledOut === undefined,
    missing: [
      ...(isVersioned && versions === undefined && evident
        ? [`Spans of ${service} cannot be told apart by version, so old and new could not be compared.`]
        : []),
      ...(evident && mechanism.points < COMPLETE_MECHANISM
        ? [`How ${nameOf(recorded)} makes the symptom is not evidenced: ${mechanism.why}.`]
        : []),
    ],
    ...(ruledOut === undefined ? remedyFor(recorded) : {}),
    ...(evident ? { statement: mechanism.statement } : {}),
  };
  return { hypothesis, recorded, ...(ruledOut === undefined ? {} : { ruledOut }) };
}

function versionPoints(
  versions: VersionContrast | undefined,
  surge: boolean,
): { points: number; why: string } {
  if (versions === undefined)
    return { points: 0, why: 'spans of its version cannot be compared with others' };
  const { how, newIsBad, oldIsBad } = versions;
  if (how === 'concurrent') {
    if (newIsBad && !oldIsBad)
      return { points: 20, why: 'side by side, its spans are bad and the old version’s are not' };
    if (newIsBad) return { points: 12, why: 'its spans are worse than the old version’s, which suffers too' };
    return { points: 0, why: 'the old version, side by side, is no better' };
  }
  if (!newIsBad) return { points: 0, why: 'its spans are as good as the old version’s' };
  if (surge)
    return { points: 7, why: 'its spans are bad where the old version’s were not, but traffic rose as well' };
  return { points: 16, why: 'its spans are bad; those of the version before were not' };
}

function whyNot(
  setting: Setting,
  recorded: RecordedChange,
  seen: { share: number; timing: { fit: number; why: string }; versions: VersionContrast | undefined },
): string | undefined {
  const { observation, location } = setting;
  const { service } = recorded;
  if (recorded.status === 'failed') return 'it failed, so it changed nothing that runs';
  if (seen.timing.fit === 0) return `${seen.timing.why}`;
  const successor = successorOf(setting, recorded);
  if (successor !== undefined) return successor;
  const place = location.services.find(each => each.name === service);
  if (place === undefined && !setting.neighbours.includes(service))
    return `${observation.service} does not call ${service}, directly or through others`;
  if (!location.slower && !location.failing) return undefined;
  if (seen.share < 0.15) {
    if (place === undefined)
      return `hardly any of the added time is spent in the database that ${service} shares`;
    return (
      `${percent(seen.share)} of what was added arises in ${service}: itself it takes ${ms(place.ownMs.after)} per request ` +
      `(${ms(place.ownMs.before)} before)`
    );
  }
  if (seen.versions?.how === 'concurrent' && !seen.versions.newIsBad)
    return `${seen.versions.old.version} served in the same minutes and was no better (p99 ${ms(seen.versions.old.p99Ms)} and ${ms(seen.versions.new.p99Ms)})`;
  if (seen.versions?.how === 'sequential' && !seen.versions.newIsBad)
    return `spans of ${recorded.to} are as good as those of ${seen.versions.old.version} (p99 ${ms(seen.versions.new.p99Ms)} and ${ms(seen.versions.old.p99Ms)})`;
  return undefined;
}

/** A release that another one had replaced by the onset, and whose own last spans, if any, were good. */
function successorOf({ observation }: Setting, recorded: RecordedChange): string | undefined {
  const { service, to, kind } = recorded;
  if (kind !== 'release' && kind !== 'rollback') return undefined;
  const next = observation.changes
    .filter(
      other =>
        other.service === service &&
        (other.kind === 'release' || other.kind === 'rollback') &&
        other.status !== 'failed' &&
        other.at > recorded.at &&
        other.to !== to &&
        timingOf(other, observation.onset.at, []).lagMs >= -ONSET_TOLERANCE_MS,
    )
    .sort((a, b) => (a.at < b.at ? -1 : 1))[0];
  if (next === undefined || to === undefined) return undefined;
  const own = observation.versions.incident.filter(
    each => each.service === service && each.kind === 'server' && each.version === to,
  );
  const suffered = own.some(each => {
    const usual = observation.operations.baseline.find(
      other => other.service === service && other.kind === 'server' && other.operation === each.operation,
    );
    const { slower, failing } = shift(usual, each);
    return slower || failing;
  });
  if (suffered) return undefined;
  return `${next.to ?? 'another release'} had replaced it at ${timeOfDay(next.at)} UTC, at or before the onset${own.length > 0 ? ', and its own last spans were good' : ''}`;
}

export function nameOf({ kind, service, from, to }: RecordedChange): string {
  switch (kind) {
    case 'release':
      return `Release of ${service}${to === undefined ? '' : ` ${to}`}`;
    case 'rollback':
      return `Rollback of ${service}${to === undefined ? '' : ` to ${to}`}`;
    case 'scale':
      return `Scaling of ${service}${from === undefined ? '' : ` from ${from}`}${to === undefined ? '' : ` to ${to}`}`;
    case 'restart':
      return `Restart of ${service}`;
    case 'config':
      return `Configuration change of ${service}`;
    case 'maintenance':
      return `Planned work on ${service}`;
    case 'external':
      return `Change around ${service}`;
  }
}

function remedyFor(recorded: RecordedChange): { remedy: Remedy } | Record<never, never> {
  const { kind, service, from, to } = recorded;
  if (from === undefined || from === to) return {};
  if (kind === 'release' || kind === 'rollback')
    return {
      remedy: {
        kind: 'rollback',
        service,
        to: from,
        reason: `${service} ${to} is the implicated release; ${from} ran before it.`,
      },
    };
  if (kind === 'scale')
    return {
      remedy: {
        kind: 'scale',
        service,
        to: from,
        reason: `${service} ran with ${from} replicas before the onset.`,
      },
    };
  return {};
}

function changeClue({ observation }: Setting, recorded: RecordedChange): Clue {
  const { service, from, to, at } = recorded;
  const lag = epochMs(observation.onset.at) - epochMs(at);
  const versions = from === undefined || to === undefined ? '' : ` (${from} to ${to})`;
  return {
    kind: 'change',
    statement: `${nameOf(recorded)}${versions} was recorded at ${timeOfDay(at, 'second')} UTC; onset ${timeOfDay(observation.onset.at, 'second')} UTC, ${lag >= 0 ? `${humanDuration(lag)} later` : `${humanDuration(-lag)} earlier`}.`,
    query: `changes{service=${JSON.stringify(service)}, id=${JSON.stringify(recorded.id)}}`,
    link: changeLink(service),
  };
}

function contrastClue({ observation }: Setting, recorded: RecordedChange, versions: VersionContrast): Clue {
  const { service } = recorded;
  const { old, new: now, operation, how } = versions;
  return {
    kind: 'trace',
    statement:
      `${service} ${operation} by version: ${now.version} p99 ${ms(now.p99Ms)}, ${percent(errorRatio(now))} failed (${now.count} spans); ` +
      `${old.version} p99 ${ms(old.p99Ms)}, ${percent(errorRatio(old))} failed (${old.count} spans, ${how === 'concurrent' ? 'in the same minutes' : 'before'}).`,
    query: spanQuery(observation, { service, kind: now.kind, operation, version: recorded.to }),
    before: old.p99Ms,
    after: now.p99Ms,
    unit: 'ms',
    link: operationsLink(observation, service, bothWindows(observation)),
    ...traces(now.exampleTraceId),
  };
}
