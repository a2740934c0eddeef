import { epochMs, type Instant, instant, milliseconds } from '../kernel/index.ts';
import { CHANGE_WINDOW_MS } from './change.ts';
import { gatherResources } from './gather-resources.ts';
import { acrossVersions, edgesFrom } from './merge.ts';
import {
  type ObjectiveReading,
  type Observation,
  type OperationFigures,
  type RecordedChange,
  SPANS_GAP,
  type Window,
} from './observation.ts';
import { BASELINE_MS, type Bucket, findOnset, windowsAround } from './onset.ts';
import { patientReader } from './patience.ts';
import type { IncidentFacts, ServiceFacts, Sources } from './sources.ts';
import { worstSymptom } from './symptom.ts';

/** The onset is looked for this far before the alert's own idea of it. */
const LOOK_BACK_MS = 5 * 60_000;
const STEP_MS = 5_000;
const MAX_OPERATIONS = 2_000;
const MAX_PATTERNS = 500;
const MAX_CHANGES = 100;

/**
 * Reads all that a verdict may rest on. A source that fails or takes too long leaves a gap that the verdict tells; it
 * does not keep the other evidence from being judged.
 */
export async function gather(sources: Sources, incident: IncidentFacts, now: Instant): Promise<Observation> {
  const { telemetry } = sources;
  const gaps: string[] = [];
  const services = await sources.services();
  const names = namesOf(services);
  const telemetryName = names.toTelemetry(incident.service);
  const { spans, more } = patientReader(gaps);

  let buckets = await spans(
    'The course of requests',
    signal => timelineOf(sources, incident, { service: telemetryName, now, signal }),
    [],
  );
  let onset = findOnset(buckets, incident.onsetAt, STEP_MS);
  const changes = (
    await more(
      'Recorded changes',
      () => sources.deploys.changes({ from: instant(epochMs(incident.onsetAt) - CHANGE_WINDOW_MS), to: now }),
      [] as readonly RecordedChange[],
    )
  )
    .toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
    .slice(0, MAX_CHANGES);
  const windows = () => windowsAround(onset, endOf(incident, onset.at, changes, now), firstData(buckets));
  let window = windows();
  const versionsOf = (of: Window, when: string) =>
    spans(
      `${SPANS_GAP} ${when} the onset`,
      signal => telemetry.traces.operations(of, { groupByVersion: true, limit: MAX_OPERATIONS, signal }),
      [] as readonly OperationFigures[],
    );
  let before = await versionsOf(window.baseline, 'before');
  let after = await versionsOf(window.incident, 'since');
  // A rare operation is not seen in its service's own p99: its own course may date the onset otherwise.
  const worst = worstSymptom({
    service: telemetryName,
    operations: { baseline: acrossVersions(before), incident: acrossVersions(after) },
  });
  if (worst !== undefined) {
    const own = await spans(
      'The course of requests',
      signal =>
        timelineOf(sources, incident, { service: telemetryName, now, signal, operation: worst.operation }),
      [],
    );
    const dated = findOnset(own, incident.onsetAt, STEP_MS);
    const off = (each: { at: Instant }) => Math.abs(epochMs(each.at) - epochMs(incident.onsetAt));
    if (dated.from === 'spans' && (onset.from === 'alert' || off(dated) + STEP_MS < off(onset))) {
      [buckets, onset] = [own, dated];
      window = windows();
      before = await versionsOf(window.baseline, 'before');
      after = await versionsOf(window.incident, 'since');
    }
  }
  const [baseline, current] = [acrossVersions(before), acrossVersions(after)];
  const edges = async (of: Window, operations: readonly OperationFigures[]) =>
    edgesFrom(operations) ??
    (await more('Calls between services', signal => telemetry.traces.edges(of, { signal }), []));
  const edgesBefore = await edges(window.baseline, baseline);
  const edgesAfter = await edges(window.incident, current);
  const [patternsBefore = [], patternsAfter = []] = await more(
    'Log patterns',
    signal => telemetry.logs.compare([window.baseline, window.incident], { signal }),
    [],
  );
  const resources = await gatherResources(window, async (query, range) => {
    const answer = await more(
      'Metrics of resources',
      signal => telemetry.metrics.range(query, range, { signal }),
      { series: [] },
    );
    return answer.series;
  });
  const objectives = await more(
    'Objectives',
    () => readObjectives(sources, incident.service, window.incident),
    [],
  );

  const named = <T extends { service: string }>(rows: readonly T[]): T[] =>
    rows.map(row => ({ ...row, service: names.toCatalog(row.service) }));
  const peered = (rows: readonly OperationFigures[]) =>
    named(rows).map(row => (row.peer === undefined ? row : { ...row, peer: names.toCatalog(row.peer) }));
  const ended = <T extends { from: string; to: string }>(rows: readonly T[]): T[] =>
    rows.map(row => ({ ...row, from: names.toCatalog(row.from), to: names.toCatalog(row.to) }));
  return {
    service: incident.service,
    onset: { at: onset.at, from: onset.from },
    window,
    telemetryName: Object.fromEntries(
      services.filter(each => each.name !== each.telemetryName).map(each => [each.name, each.telemetryName]),
    ),
    dependsOn: Object.fromEntries(services.map(each => [each.name, each.dependsOn])),
    operations: { baseline: peered(baseline), incident: peered(current) },
    versions: { baseline: peered(before), incident: peered(after) },
    edges: { baseline: ended(edgesBefore), incident: ended(edgesAfter) },
    patterns: {
      baseline: named(patternsBefore.slice(0, MAX_PATTERNS)),
      incident: named(patternsAfter.slice(0, MAX_PATTERNS)),
    },
    resources: named(resources),
    objectives,
    changes,
    gaps: [...new Set(gaps)],
  };
}

/** Requests of the service, or of one operation of it, in steps of five seconds from well before the alert. */
async function timelineOf(
  { telemetry }: Sources,
  incident: IncidentFacts,
  {
    service,
    now,
    signal,
    operation,
  }: { service: string; now: Instant; signal: AbortSignal; operation?: string },
): Promise<readonly Bucket[]> {
  const hint = epochMs(incident.onsetAt);
  const from = Math.floor((hint - BASELINE_MS - LOOK_BACK_MS) / STEP_MS) * STEP_MS;
  const to = Math.max(epochMs(now), hint + STEP_MS);
  return telemetry.traces.timeline(
    { from: instant(from), to: instant(to) },
    { service, step: milliseconds(STEP_MS), signal, ...(operation === undefined ? {} : { operation }) },
  );
}

/** Until a remedy began to act: what comes after it would water down what was seen. */
function endOf(
  incident: IncidentFacts,
  onset: Instant,
  changes: readonly RecordedChange[],
  now: Instant,
): Instant {
  const remedies = changes
    .filter(change => change.kind === 'rollback' && change.at > onset && change.status !== 'failed')
    .map(change => change.at);
  const ends = [now, incident.mitigatedAt, incident.resolvedAt, ...remedies].filter(
    (at): at is Instant => at !== undefined && at > onset,
  );
  return ends.sort()[0] ?? now;
}

function firstData(buckets: readonly Bucket[]): Instant | undefined {
  return buckets
    .filter(bucket => bucket.count > 0)
    .map(bucket => bucket.at)
    .sort()[0];
}

async function readObjectives(
  { slos }: Sources,
  service: string,
  { from, to }: Window,
): Promise<ObjectiveReading[]> {
  const lengthMs = Math.max(60_000, Math.floor((epochMs(to) - epochMs(from)) / 60_000) * 60_000);
  const [objectives, readings] = await Promise.all([
    slos.objectives(),
    slos.reading(service, milliseconds(lengthMs), to),
  ]);
  return objectives
    .filter(objective => objective.service === service)
    .map(({ id, displayName, target, sli }) => {
      const ratio = readings.find(reading => reading.objective === id)?.errorRatio;
      const threshold = sli.kind === 'latency' ? thresholdOf(sli.queries ?? []) : undefined;
      return {
        objective: id,
        displayName,
        service,
        kind: sli.kind,
        target,
        ...(ratio === undefined || ratio === null || !Number.isFinite(ratio) ? {} : { errorRatio: ratio }),
        ...(sli.queries?.[0] === undefined ? {} : { query: sli.queries[0] }),
        ...(threshold === undefined ? {} : { thresholdMs: threshold }),
      };
    });
}

/** The bucket boundary that a latency SLI counts by, in milliseconds, read off its query: `…_seconds_bucket{le="0.5"}`. */
export function thresholdOf(queries: readonly string[]): number | undefined {
  for (const query of queries) {
    const found = /_(seconds|milliseconds)_bucket\b[^}]*\ble\s*=\s*"([\d.]+)"/.exec(query);
    const value = Number(found?.[2]);
    if (found !== null && Number.isFinite(value) && value > 0)
      return found[1] === 'seconds' ? value * 1000 : value;
  }
  return undefined;
}

function namesOf(services: readonly ServiceFacts[]) {
  const catalogName = new Map(services.map(each => [each.telemetryName, each.name]));
  const telemetryName = new Map(services.map(each => [each.name, each.telemetryName]));
  return {
    toCatalog: (name: string) => catalogName.get(name) ?? name,
    toTelemetry: (name: string) => telemetryName.get(name) ?? name,
  };
}
