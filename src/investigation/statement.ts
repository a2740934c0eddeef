import type { Observation, OperationFigures } from './observation.ts';
import { shift } from './shift.ts';

/** A database statement whose cost changed, as its callers' spans show it. */
export interface StatementFinding {
  service: string;
  text: string;
  peer?: string;
  what: 'new' | 'slower' | 'more_often';
  before?: OperationFigures;
  after: OperationFigures;
  /** Milliseconds added per request that its service served. */
  addedMs: number;
  /** 0 to 1: its share of the service's time in the database during the incident. */
  share: number;
  /** Versions whose spans hold it, in either window; empty where the version is not reported. */
  versions: string[];
}

const LEAST_CALLS = 5;
/** Database calls that must have been seen before a statement's absence says that it is new. */
const LEAST_BASELINE_CALLS = 10;
const MORE_OFTEN = 2;
const LEAST_ADDED_MS = 2;
const MAX_FINDINGS = 20;

/**
 * Statements of these services that are new, slower, or run more often per request; the most added time first.
 * "Before" is what the service's other versions ran in either window, so that an onset found a little late does not
 * make a new statement look old.
 */
export function statementFindings(observation: Observation, services: readonly string[]): StatementFinding[] {
  const findings: StatementFinding[] = [];
  for (const service of services) {
    const then = statementsOf(observation.operations.baseline, service);
    const now = statementsOf(observation.operations.incident, service);
    const thenCalls = sum(then.values(), each => each.count);
    const nowMs = sum(now.values(), each => each.totalMs);
    const requests = {
      before: requestsOf(observation.operations.baseline, service),
      after: requestsOf(observation.operations.incident, service),
    };
    for (const [text, after] of now) {
      if (after.count < LEAST_CALLS) continue;
      const versions = versionsOf(observation, service, text);
      const before = then.get(text);
      const addedMs =
        after.totalMs / requests.after -
        (before === undefined || requests.before === 0 ? 0 : before.totalMs / requests.before);
      const what = kindOf(before, after, {
        thenCalls,
        requests,
        isOnlyNew: onlyNew(observation, service, versions),
      });
      if (what === undefined || addedMs < LEAST_ADDED_MS) continue;
      findings.push({
        service,
        text,
        what,
        after,
        addedMs,
        versions,
        share: nowMs === 0 ? 0 : after.totalMs / nowMs,
        ...(before === undefined ? {} : { before }),
        ...(after.peer === undefined ? {} : { peer: after.peer }),
      });
    }
  }
  const order = { new: 0, more_often: 1, slower: 1 };
  return findings
    .sort((a, b) => b.addedMs - a.addedMs || order[a.what] - order[b.what] || (a.text < b.text ? -1 : 1))
    .slice(0, MAX_FINDINGS);
}

/** Of a service's statements that ran in both windows, the share that became slower, by calls. Undefined: none did. */
export function broadlySlower(observation: Observation, service: string): number | undefined {
  const then = statementsOf(observation.operations.baseline, service);
  let [slow, all] = [0, 0];
  for (const [text, after] of statementsOf(observation.operations.incident, service)) {
    const before = then.get(text);
    if (before === undefined || before.count < LEAST_CALLS || after.count < LEAST_CALLS) continue;
    all++;
    if (shift(before, after).slower) slow++;
  }
  return all === 0 ? undefined : slow / all;
}

function kindOf(
  before: OperationFigures | undefined,
  after: OperationFigures,
  seen: { thenCalls: number; requests: { before: number; after: number }; isOnlyNew: boolean },
): StatementFinding['what'] | undefined {
  if (before === undefined) return seen.thenCalls >= LEAST_BASELINE_CALLS ? 'new' : undefined;
  if (seen.isOnlyNew) return 'new';
  if (shift(before, after).slower) return 'slower';
  const oftenBefore = before.count / Math.max(seen.requests.before, 1);
  const oftenAfter = after.count / Math.max(seen.requests.after, 1);
  return before.count >= LEAST_BASELINE_CALLS && oftenAfter >= MORE_OFTEN * oftenBefore
    ? 'more_often'
    : undefined;
}

/** By text. Several operations with one text (a prepared statement under two names) count together. */
function statementsOf(
  operations: readonly OperationFigures[],
  service: string,
): Map<string, OperationFigures> {
  const found = new Map<string, OperationFigures>();
  for (const each of operations) {
    if (each.service !== service || each.statement === undefined || each.statement === '') continue;
    const known = found.get(each.statement);
    found.set(each.statement, known === undefined ? each : merged(known, each));
  }
  return found;
}

function merged(a: OperationFigures, b: OperationFigures): OperationFigures {
  const more = a.count > b.count || (a.count === b.count && a.operation <= b.operation) ? a : b;
  return {
    ...more,
    count: a.count + b.count,
    errors: a.errors + b.errors,
    totalMs: a.totalMs + b.totalMs,
    p99Ms: Math.max(a.p99Ms, b.p99Ms),
  };
}

function requestsOf(operations: readonly OperationFigures[], service: string): number {
  const served = sum(
    operations.filter(
      each => each.service === service && (each.kind === 'server' || each.kind === 'consumer'),
    ),
    each => each.count,
  );
  return Math.max(served, 1);
}

function versionsOf({ versions }: Observation, service: string, text: string): string[] {
  const found = new Set<string>();
  for (const each of [...versions.baseline, ...versions.incident])
    if (each.service === service && each.statement === text && each.version) found.add(each.version);
  return [...found].sort();
}

/** Its only version served nothing, or hardly anything, in the baseline, where another one served. */
function onlyNew({ versions }: Observation, service: string, ranIn: readonly string[]): boolean {
  if (ranIn.length !== 1) return false;
  const servedBefore = (isRan: boolean) =>
    sum(
      versions.baseline.filter(
        each => each.service === service && each.kind === 'server' && (each.version === ranIn[0]) === isRan,
      ),
      each => each.count,
    );
  return servedBefore(false) >= LEAST_BASELINE_CALLS && servedBefore(true) < servedBefore(false) / 4;
}

function sum<T>(items: Iterable<T>, of: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}
