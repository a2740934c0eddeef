import { epochMs } from '../kernel/index.ts';
import { bothWindows, type Clue, objectiveLink, operationsLink, spanQuery, traces } from './clue.ts';
import { served } from './location.ts';
import type { ObjectiveReading, Observation, OperationFigures, Window } from './observation.ts';
import { ms, percent } from './sentence.ts';
import { shift } from './shift.ts';

/** What users of the incident's service feel: its operation that got worst. */
export interface Symptom {
  operation: string;
  before?: OperationFigures;
  after: OperationFigures;
  slower: boolean;
  failing: boolean;
}

export function worstSymptom({
  service,
  operations,
}: Pick<Observation, 'service' | 'operations'>): Symptom | undefined {
  const isServed = (each: OperationFigures) =>
    each.service === service && (each.kind === 'server' || each.kind === 'consumer');
  const then = new Map(operations.baseline.filter(isServed).map(each => [each.operation, each]));
  let worst: (Symptom & { weight: number }) | undefined;
  for (const after of operations.incident.filter(isServed)) {
    const before = then.get(after.operation);
    const { slower, failing, errorIncrease } = shift(before, after);
    if (!slower && !failing) continue;
    const meanBefore = before === undefined || before.count === 0 ? 0 : before.totalMs / before.count;
    // A failed request weighs as much as ten seconds of waiting.
    const weight =
      Math.max(0, after.totalMs - after.count * meanBefore) +
      Math.max(0, errorIncrease) * after.count * 10_000;
    if (
      worst === undefined ||
      weight > worst.weight ||
      (weight === worst.weight && after.operation < worst.operation)
    )
      worst = {
        operation: after.operation,
        after,
        slower,
        failing,
        weight,
        ...(before === undefined ? {} : { before }),
      };
  }
  return worst;
}

export function symptomClue(observation: Observation, symptom: Symptom): Clue {
  const { before, after, operation } = symptom;
  const { service } = observation;
  return {
    kind: 'trace',
    statement:
      `${service} ${operation}: p99 ${change(before?.p99Ms, after.p99Ms, ms)}, ` +
      `failed requests ${change(before && errorRatio(before), errorRatio(after), percent)} ` +
      `(${before?.count ?? 0} requests before, ${after.count} since the onset).`,
    query: spanQuery(observation, { service, kind: after.kind, operation }),
    ...(before === undefined ? {} : { before: before.p99Ms }),
    after: after.p99Ms,
    unit: 'ms',
    link: operationsLink(observation, service, bothWindows(observation)),
    ...traces(after.exampleTraceId),
  };
}

const MAX_OBJECTIVES = 3;

/** The objectives that are missed since the onset; those that hold say nothing about what is broken. */
export function objectiveClues(objectives: readonly ObjectiveReading[]): Clue[] {
  return objectives
    .flatMap(reading =>
      reading.errorRatio === undefined || 1 - reading.errorRatio >= reading.target
        ? []
        : [
            {
              kind: 'slo' as const,
              statement: `${reading.displayName}: ${percent(1 - reading.errorRatio)} good since the onset, objective ${percent(reading.target)}.`,
              query: reading.query ?? reading.objective,
              before: reading.target,
              after: 1 - reading.errorRatio,
              unit: 'share of good events',
              link: objectiveLink(reading.objective),
            },
          ],
    )
    .slice(0, MAX_OBJECTIVES);
}

export interface Traffic {
  /** Requests per second served by the incident's service. */
  before: number;
  after: number;
  ratio: number;
  /** More than chance and more than half as much again. */
  surge: boolean;
  /** Known in both windows. */
  known: boolean;
}

const SURGE = 1.5;
const LEAST_REQUESTS = 20;

/**
 * Whether load explains it: what entered the service before and after, as counts over time. Of a service that serves several operations
 * the one with the symptom counts by itself too.
 */
export function trafficOf(observation: Observation, symptom: Symptom | undefined): Traffic {
  const { service, operations, window } = observation;
  const all = rates(
    served(operations.baseline, service).count,
    served(operations.incident, service).count,
    window,
  );
  if (symptom === undefined) return all;
  const own = rates(symptom.before?.count ?? 0, symptom.after.count, window);
  return own.surge && own.ratio > all.ratio ? own : all;
}

function rates(
  countBefore: number,
  countAfter: number,
  window: { baseline: Window; incident: Window },
): Traffic {
  const [secondsBefore, secondsAfter] = [seconds(window.baseline), seconds(window.incident)];
  const [before, after] = [countBefore / secondsBefore, countAfter / secondsAfter];
  const expected = before * secondsAfter;
  const ratio = before === 0 ? 1 : after / before;
  const beyondChance = countAfter - expected > 4 * Math.sqrt(Math.max(expected, 1));
  const known = countBefore >= LEAST_REQUESTS && countAfter > 0;
  return { before, after, ratio, known, surge: known && ratio >= SURGE && beyondChance };
}

export function seconds({ from, to }: Window): number {
  return Math.max((epochMs(to) - epochMs(from)) / 1000, 1);
}

export function errorRatio({ count, errors }: { count: number; errors: number }): number {
  return count === 0 ? 0 : errors / count;
}

/** `from 45 ms to 3.9 s`, `steady at 3 ms`, `3.9 s (nothing before)`. */
export function change(before: number | undefined, after: number, as: (value: number) => string): string {
  if (before === undefined) return `${as(after)} (no figure before)`;
  if (as(before) === as(after)) return `steady at ${as(after)}`;
  return `from ${as(before)} to ${as(after)}`;
}
