import { bothWindows, type Clue, logLink, metricLink, operationsLink, spanQuery, traces } from './clue.ts';
import type { PatternFinding } from './log-pattern.ts';
import type { Observation } from './observation.ts';
import type { Saturation } from './resource.ts';
import { figure, list, ms, percent, quote } from './sentence.ts';
import type { Setting } from './setting.ts';
import { broadlySlower, type StatementFinding } from './statement.ts';
import { change, errorRatio } from './symptom.ts';

/** What inside a service makes the symptom, as far as telemetry shows: points of 25, sentences in causal order, evidence. */
export interface Mechanism {
  points: number;
  why: string;
  sentences: string[];
  clues: Clue[];
  statement?: StatementFinding;
}

export const MECHANISM_POINTS = 25;
/** Less of a service's database time than this does not explain it. */
const LEAST_STATEMENT_SHARE = 0.25;
/** From here on, slower statements are the database's trouble rather than one statement's. */
export const BROAD = 0.6;

/**
 * The strongest mechanism in a service. With `version`, a release is under test: a statement that only this version
 * runs counts in full, and one that was there before and is slow along with all the others hardly counts.
 */
export function mechanismIn(setting: Setting, service: string, version?: string): Mechanism {
  const { observation, traffic } = setting;
  const statement = setting.statements.find(
    each =>
      each.service === service &&
      (each.share >= LEAST_STATEMENT_SHARE || each.what === 'new') &&
      explains(setting, each),
  );
  const pattern = setting.patterns.find(each => each.service === service);
  const full = setting.saturations.filter(({ figures }) => figures.service === service);
  const place = setting.location.services.find(each => each.name === service);
  const sentences: string[] = [];
  const clues: Clue[] = [];
  let points = 0;
  let why = `nothing inside ${service} is seen that would explain it`;
  const best = (candidate: number, reason: string) => {
    if (candidate <= points) return;
    points = candidate;
    why = reason;
  };

  if (statement !== undefined) {
    sentences.push(statementSentence(statement, version));
    clues.push(statementClue(observation, statement));
    best(...statementPoints(observation, statement, version, traffic.surge));
    const others = (broadlySlower(observation, service) ?? 0) >= BROAD && statement.what === 'new';
    if (others)
      sentences.push(
        `Most statements of ${service} that ran before are slower along with it: they share the database.`,
      );
  }
  for (const waiting of waits(observation, service)) {
    clues.push(waiting);
    best(10, 'an operation inside the service became slower');
  }
  const pools = full.filter(
    each => each.figures.resource === 'database_pool' || each.figures.resource === 'pool_waiting',
  );
  for (const saturation of full) {
    const clue = saturationClue(observation, saturation);
    clues.push(clue);
    if (pools[0] === saturation || !pools.includes(saturation)) sentences.push(clue.statement);
    if (saturation.what === 'full') best(8, `${saturation.noun} of ${service} are used up`);
  }
  if (place?.silent) {
    sentences.push(
      `${service} answered ${place.calls.before} calls before the onset and ${place.calls.after} since, while its callers still called.`,
    );
    best(20, 'it stopped answering');
  }
  if (pattern !== undefined) {
    clues.push(patternClue(observation, pattern));
    sentences.push(patternClue(observation, pattern).statement);
    // A line that tells of the symptom ("checkout failed") is no explanation where time, not failure, came first.
    if (!setting.location.slower || (place?.ownErrors.after ?? 0) > 0)
      best(18, 'a new kind of error is logged');
  }
  if (points === 0 && place !== undefined && place.ownMs.after - place.ownMs.before > 5) {
    best(8, `the time is spent in ${service} itself, in nothing that has a span of its own`);
  }
  if (
    points > 0 &&
    points < MECHANISM_POINTS &&
    full.some(each => each.what === 'full') &&
    !why.includes('used up')
  ) {
    points = Math.min(MECHANISM_POINTS, points + 5);
    why += ', and a resource ran full';
  }
  return { points, why, sentences, clues, ...(statement === undefined ? {} : { statement }) };
}

/** It accounts for a fair part of what was added per request, or keeps the pool busy that requests then wait for. */
function explains({ location, saturations }: Setting, statement: StatementFinding): boolean {
  const place = location.services.find(each => each.name === statement.service);
  if (place === undefined) return true;
  const added = place.ownMs.after - place.ownMs.before;
  const poolIsFull = saturations.some(
    ({ figures, what }) =>
      figures.service === statement.service && figures.resource === 'database_pool' && what === 'full',
  );
  const perCall = statement.addedMs * Math.max(place.calls.after, 1);
  const addedAll = added * Math.max(location.entry.after, 1);
  return perCall >= (poolIsFull ? 0.05 : 0.2) * addedAll;
}

function statementPoints(
  observation: Observation,
  statement: StatementFinding,
  version: string | undefined,
  surge: boolean,
): [number, string] {
  const onlyThis =
    version !== undefined && statement.versions.length === 1 && statement.versions[0] === version;
  if (statement.what === 'new') {
    if (version === undefined || onlyThis)
      return [25, version === undefined ? 'a statement is new' : `a statement runs in ${version} only`];
    if (statement.versions.length === 0) return [20, 'a statement is new; spans do not tell the version'];
    return [6, `a statement is new, but ran in ${list(statement.versions)}`];
  }
  if (statement.what === 'more_often')
    return surge
      ? [8, 'more load, and a statement runs more often']
      : [21, 'a statement runs more often per request'];
  if (surge) return [4, 'statements are slower, which more load explains'];
  const broad = broadlySlower(observation, statement.service) ?? 0;
  if (broad >= BROAD && version !== undefined)
    return [8, 'statements that ran before the change are slower too'];
  return [broad >= BROAD ? 14 : 18, 'a statement that ran before became slower'];
}

function statementSentence(statement: StatementFinding, version: string | undefined): string {
  const { after, before, service, share } = statement;
  const text = quote(statement.text, 160);
  const cost = `p50 ${ms(after.p50Ms)}, p99 ${ms(after.p99Ms)}, ${percent(share)} of the database time of ${service}`;
  if (statement.what === 'new') {
    const where =
      version !== undefined && statement.versions.includes(version) ? `${service} ${version}` : service;
    return `${where} runs a statement that did not run before: \`${text}\` (${cost}).`;
  }
  if (statement.what === 'more_often')
    return `${service} runs \`${text}\` more often: ${before?.count ?? 0} times in the baseline, ${after.count} since the onset (${cost}).`;
  return `\`${text}\` became slower: p50 ${change(before?.p50Ms, after.p50Ms, ms)} (${cost}).`;
}

export function statementClue(observation: Observation, statement: StatementFinding): Clue {
  const { service, text, after, before } = statement;
  return {
    kind: 'trace',
    statement:
      before === undefined || statement.what === 'new'
        ? `Statement \`${quote(text, 160)}\`: ${before?.count ?? 0} calls in the baseline, ${after.count} since the onset, p50 ${ms(after.p50Ms)}, p99 ${ms(after.p99Ms)}, ${percent(statement.share)} of the database time of ${service}${statement.versions.length === 0 ? '' : `; seen in ${list(statement.versions)} only`}.`
        : `Statement \`${quote(text, 160)}\`: p99 ${change(before.p99Ms, after.p99Ms, ms)}, ${before.count} calls in the baseline, ${after.count} since the onset, ${percent(statement.share)} of the database time of ${service}.`,
    query: text.slice(0, 2000),
    ...(before === undefined ? {} : { before: before.p99Ms }),
    after: after.p99Ms,
    unit: 'ms',
    link: operationsLink(observation, service, bothWindows(observation)),
    ...traces(after.exampleTraceId),
  };
}

const LEAST_WAIT_SHARE = 0.1;

/** Operations inside a service, other than its statements and its calls to services, that now take much of its time. */
function waits(observation: Observation, service: string): Clue[] {
  const served = observation.operations.incident
    .filter(each => each.service === service && each.kind === 'server')
    .reduce((sum, each) => sum + each.totalMs, 0);
  const called = new Set(
    [...observation.edges.baseline, ...observation.edges.incident]
      .filter(edge => edge.from === service && edge.kind === 'service')
      .map(edge => edge.to),
  );
  const then = new Map(
    observation.operations.baseline
      .filter(each => each.service === service)
      .map(each => [identity(each), each]),
  );
  return observation.operations.incident
    .filter(
      each =>
        each.service === service &&
        (each.kind === 'internal' || (each.kind === 'client' && isNoServiceCall(each, called))) &&
        (each.statement === undefined || each.statement === '') &&
        each.count > 0 &&
        each.totalMs >= LEAST_WAIT_SHARE * served,
    )
    .map(after => ({ after, before: then.get(identity(after)) }))
    .filter(
      ({ before, after }) =>
        before === undefined ||
        after.totalMs / after.count > 2 * (before.totalMs / Math.max(before.count, 1)) + 5,
    )
    .sort((a, b) => b.after.totalMs - a.after.totalMs || (a.after.operation < b.after.operation ? -1 : 1))
    .slice(0, 2)
    .map(({ before, after }) => ({
      kind: 'trace',
      statement: `${service} ${quote(after.operation, 80)}: p50 ${change(before?.p50Ms, after.p50Ms, ms)}, failed ${change(before && errorRatio(before), errorRatio(after), percent)}.`,
      query: spanQuery(observation, { service, kind: after.kind, operation: after.operation }),
      ...(before === undefined ? {} : { before: before.p50Ms }),
      after: after.p50Ms,
      unit: 'ms',
      link: operationsLink(observation, service, bothWindows(observation)),
      ...traces(after.exampleTraceId),
    }));
}

function isNoServiceCall(
  each: { peer?: string | undefined; operation: string },
  called: Set<string>,
): boolean {
  // An HTTP client span is named by its method alone, or method and route: that is a call to someone else's time.
  if (/^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|HTTP)\b/.test(each.operation)) return false;
  return each.peer === undefined || !called.has(each.peer);
}

function identity(each: {
  kind: string;
  operation: string;
  statement?: string | undefined;
  peer?: string | undefined;
}): string {
  return `${each.kind}\n${each.operation}\n${each.statement ?? ''}\n${each.peer ?? ''}`;
}

export function saturationClue(observation: Observation, { figures, noun, what }: Saturation): Clue {
  const { service, unit, limit } = figures;
  const after = figures.after!;
  const isPool = figures.resource === 'database_pool';
  const now =
    limit !== undefined && limit > 0
      ? `${figure(Math.min(after.p90, limit), unit)} of ${figure(limit, unit)} ${noun} of ${service} ${isPool ? 'are in use' : 'in use'}`
      : `${noun} of ${service} ${figure(after.p90, unit)}${what === 'full' ? ', which is full' : ''}`;
  const before =
    figures.before === undefined ? 'no figure before' : `${figure(figures.before.p90, unit)} before`;
  return {
    kind: 'metric',
    statement: `${now.charAt(0).toUpperCase()}${now.slice(1)} (${before}).`,
    query: figures.query,
    ...(figures.before === undefined ? {} : { before: figures.before.p90 }),
    after: after.p90,
    unit,
    link: metricLink(figures.query, bothWindows(observation)),
  };
}

export function patternClue(observation: Observation, finding: PatternFinding): Clue {
  const { service, pattern, before, after } = finding;
  const rate = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)}/min`;
  return {
    kind: 'log',
    statement: `${service} logs "${quote(pattern.example || pattern.pattern, 120)}" ${rate(after)} (${before === 0 ? 'never' : rate(before)} before).`,
    query: `logs{service=${JSON.stringify(observation.telemetryName[service] ?? service)}, pattern=${JSON.stringify(quote(pattern.pattern, 200))}}`,
    before,
    after,
    unit: 'lines per minute',
    link: logLink(observation, service, observation.window.incident),
    ...traces(pattern.exampleTraceId),
  };
}
