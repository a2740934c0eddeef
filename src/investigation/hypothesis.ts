import type { Clue } from './clue.ts';
import { operationsLink, spanQuery } from './clue.ts';
import type { Cause, CauseKind, CausingChange, Remedy, ScorePart } from './investigation.ts';
import type { Saturation } from './resource.ts';
import { ms, percent } from './sentence.ts';
import type { Setting } from './setting.ts';
import { shareOf } from './setting.ts';
import type { StatementFinding } from './statement.ts';

/** A cause under test: its evidence and how its score is made up. */
export interface Hypothesis {
  key: string;
  service: string;
  kind: CauseKind;
  title: string;
  change?: CausingChange;
  mechanism: string[];
  parts: ScorePart[];
  clues: Clue[];
  statement?: StatementFinding | undefined;
  /** What would set it right, if it is the cause. */
  remedy?: Remedy;
  /** Change, mechanism and symptom chain are all evidenced. */
  complete: boolean;
  /** Evidence that is missing for this cause, a sentence each. */
  missing: string[];
}

export const LOCATION_POINTS = 35;
/** From this share of the symptom on, the location counts in full. */
const FULL_SHARE = 0.8;

export function part(name: ScorePart['part'], points: number, outOf: number, why: string): ScorePart {
  const bounded = Number.isFinite(points) ? Math.min(outOf, Math.max(0, points)) : 0;
  return { part: name, points: Math.round(bounded * 10) / 10, outOf, why };
}

/** 0 to 1. */
export function scoreOf({ parts }: { parts: readonly ScorePart[] }): number {
  return (
    Math.round(
      Math.min(
        100,
        parts.reduce((sum, each) => sum + each.points, 0),
      ),
    ) / 100
  );
}

export function locationPart(setting: Setting, service: string): ScorePart {
  const share = shareOf(setting, service);
  const why =
    share > 0
      ? `${percent(share)} of what was added arises in ${service}`
      : `nothing of what was added arises in ${service}`;
  return part('location', LOCATION_POINTS * Math.min(1, share / FULL_SHARE), LOCATION_POINTS, why);
}

/** Where the time and the failures arise along the way from the incident's service to this one. */
export function chainClues({ location, observation }: Setting, service: string): Clue[] {
  return location.path(service).flatMap(name => {
    const place = location.services.find(each => each.name === name);
    if (place === undefined) return [];
    const errors = place.ownErrors.after > place.ownErrors.before + 0.005;
    return [
      {
        kind: 'trace' as const,
        statement:
          `Per request to ${observation.service}, ${name} itself (callees taken off) takes ${ms(place.ownMs.after)} ` +
          `(${ms(place.ownMs.before)} before)${errors ? ` and makes ${percent(place.ownErrors.after)} fail (${percent(place.ownErrors.before)} before)` : ''}.`,
        query: spanQuery(observation, { service: name, kind: 'server' }),
        before: round(place.ownMs.before),
        after: round(place.ownMs.after),
        unit: 'ms',
        link: operationsLink(observation, name, observation.window.incident),
      },
    ];
  });
}

export function toCause(hypothesis: Hypothesis, rank: number, saturations: readonly Saturation[]): Cause {
  const { key, service, kind, title, change, mechanism, parts, clues, statement } = hypothesis;
  return {
    rank,
    key,
    service,
    title,
    kind,
    ...(change === undefined ? {} : { change }),
    ...(statement === undefined
      ? {}
      : {
          statement: {
            text: statement.text.slice(0, 2000),
            what: statement.what,
            calls: statement.after.count,
            p50Ms: statement.after.p50Ms,
            p99Ms: statement.after.p99Ms,
            share: statement.share,
            ...(statement.before === undefined ? {} : { p99MsBefore: statement.before.p99Ms }),
          },
        }),
    saturated: saturations
      .filter(({ figures, what }) => what === 'full' && figures.service === service)
      .map(({ figures, noun }) => ({
        resource: figures.resource,
        noun,
        used: figures.after?.p90 ?? 0,
        ...(figures.limit === undefined ? {} : { limit: figures.limit }),
      })),
    mechanism,
    score: scoreOf(hypothesis),
    scoring: parts,
    evidence: clues.slice(0, 12).map((clue, index) => ({ id: `e${rank}.${index + 1}`, ...clue })),
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
