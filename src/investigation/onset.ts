import { epochMs, type Instant, instant } from '../kernel/index.ts';
import type { Window } from './observation.ts';

export interface Bucket {
  at: Instant;
  count: number;
  errors: number;
  p99Ms: number;
}

export interface Onset {
  at: Instant;
  from: 'spans' | 'alert';
  /** When the quiet time before it began, where an earlier bad spell was seen. */
  quietFrom?: Instant;
}

const LEAST_QUIET_BUCKETS = 3;
/** A bad spell may have this many good buckets in a row within it: bad releases flicker at first. */
const FLICKER = 2;

/**
 * When it began, from the service's own spans in time order. Alerts know it only to within their windows; the onset
 * decides what counts as "before", so it is looked for in the data: the start of the bad spell that holds, or comes
 * nearest before, the alert. A bucket is bad against the median and spread of the buckets well before the alert.
 */
export function findOnset(buckets: readonly Bucket[], alertSays: Instant, stepMs: number): Onset {
  const fallback: Onset = { at: alertSays, from: 'alert' };
  const filled = buckets
    .filter(bucket => bucket.count > 0)
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const hint = epochMs(alertSays);
  const usual = quietHalf(filled.filter(bucket => epochMs(bucket.at) + stepMs <= hint));
  if (usual === undefined) return fallback;
  const isBad = badAgainst(
    usual,
    filled.filter(bucket => epochMs(bucket.at) + stepMs > hint),
  );

  const spells: { from: number; to: number; bad: number }[] = [];
  let good = 0;
  for (const bucket of filled) {
    const at = epochMs(bucket.at);
    if (!isBad(bucket)) {
      good++;
      continue;
    }
    const last = spells.at(-1);
    if (last !== undefined && good <= FLICKER) {
      last.to = at + stepMs;
      last.bad++;
    } else spells.push({ from: at, to: at + stepMs, bad: 1 });
    good = 0;
  }
  // A single bad bucket away from the alert is noise; at the alert it may be all that there is as yet.
  const real = spells.filter(spell => spell.bad >= 2 || spell.to >= hint);
  const current =
    real.findLast(spell => spell.from <= hint && spell.to >= hint - 12 * stepMs) ??
    real.find(spell => spell.from > hint);
  if (current === undefined) return fallback;
  const earlier = real.findLast(spell => spell.to <= current.from);
  return {
    at: instant(sustainedFrom(filled, current, isBad)),
    from: 'spans',
    ...(earlier === undefined ? {} : { quietFrom: instant(earlier.to) }),
  };
}

/** A lone bad bucket just before a spell is not yet its start: that is the first after which most are bad. */
function sustainedFrom(
  buckets: readonly Bucket[],
  spell: { from: number; to: number },
  bad: (bucket: Bucket) => boolean,
): number {
  const within = buckets.filter(({ at }) => epochMs(at) >= spell.from && epochMs(at) < spell.to);
  const start = within.findIndex((bucket, index) => {
    const next = within.slice(index + 1, index + 4);
    return bad(bucket) && next.filter(bad).length * 2 >= next.length;
  });
  return start === -1 ? spell.from : epochMs(within[start]!.at);
}

interface Usual {
  p99: number;
  spread: number;
  errorRatio: number;
}

/** The usual level: of the buckets before the alert the lower half by p99, as the rest may already be bad. */
function quietHalf(buckets: readonly Bucket[]): Usual | undefined {
  if (buckets.length < LEAST_QUIET_BUCKETS) return undefined;
  const p99s = buckets.map(bucket => bucket.p99Ms).sort((a, b) => a - b);
  const p99 = p99s[Math.floor((p99s.length - 1) / 2)]!;
  // Half of the points lie within this distance below the median: the lower half's own median deviation.
  const low = p99s[Math.floor((p99s.length - 1) / 4)]!;
  const ratios = buckets.map(bucket => bucket.errors / bucket.count).sort((a, b) => a - b);
  return { p99, spread: p99 - low, errorRatio: ratios[Math.floor((ratios.length - 1) / 2)]! };
}

/**
 * What counts as bad: beyond the usual and its spread, and nearer to how it is since the alert than to how it was.
 * The latter keeps an uneasy hour before the incident from being taken for its beginning.
 */
function badAgainst(usual: Usual, since: readonly Bucket[]): (bucket: Bucket) => boolean {
  const upper = (values: number[]) =>
    values.sort((a, b) => a - b)[Math.floor((values.length - 1) * 0.75)] ?? 0;
  const level = upper(since.map(bucket => bucket.p99Ms));
  const ratio = upper(since.map(bucket => bucket.errors / bucket.count));
  const slow = Math.max(
    usual.p99 * 2,
    usual.p99 + 8 * usual.spread,
    usual.p99 + 50,
    Math.sqrt(Math.max(usual.p99, 1) * level),
  );
  const failing = Math.max(usual.errorRatio + 0.05, (usual.errorRatio + ratio) / 2);
  return bucket => bucket.p99Ms > slow || (bucket.errors >= 2 && bucket.errors / bucket.count > failing);
}

/** How far back "before" reaches, and how long an incident is looked at. */
export const BASELINE_MS = 15 * 60_000;
const INCIDENT_MS = 10 * 60_000;
/** Left out before the onset: what is not yet bad enough to see may already be bad. */
const GUARD_MS = 10_000;
const LEAST_BASELINE_MS = 60_000;

/**
 * The two windows to compare, where `end` is now or the moment a remedy began to act, and `dataFrom` the first span that
 * is stored: a baseline that began before it would take silence for little traffic.
 */
export function windowsAround(
  onset: Onset,
  end: Instant,
  dataFrom?: Instant,
): { baseline: Window; incident: Window } {
  const at = epochMs(onset.at);
  const baselineTo = at - GUARD_MS;
  const quietFrom = onset.quietFrom === undefined ? 0 : epochMs(onset.quietFrom) + GUARD_MS;
  const stored = dataFrom === undefined ? 0 : Math.min(epochMs(dataFrom), baselineTo - 1000);
  const longest = Math.max(baselineTo - BASELINE_MS, stored);
  const baselineFrom =
    quietFrom > longest && baselineTo - quietFrom >= LEAST_BASELINE_MS ? quietFrom : longest;
  const incidentTo = Math.min(Math.max(epochMs(end), at + 1000), at + INCIDENT_MS);
  return {
    baseline: { from: instant(baselineFrom), to: instant(baselineTo) },
    incident: { from: instant(at), to: instant(incidentTo) },
  };
}
