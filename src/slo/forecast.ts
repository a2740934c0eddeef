import { z } from 'zod';
import { type Duration, Instant, instant, seeded } from '../kernel/index.ts';

/** When the budget will be gone, with a range. */
export const Forecast = z.object({
  state: z
    .enum(['exhausted', 'will_exhaust', 'may_exhaust', 'will_last', 'no_data'])
    .describe('may_exhaust: in less than half of the futures that the past gives'),
  horizon: Instant.describe('How far it looks'),
  early: Instant.optional().describe('A tenth of the futures are exhausted by then'),
  likely: Instant.optional().describe('Half of them'),
  late: Instant.optional().describe('Nine tenths'),
  share: z.number().describe('Share of the futures in which it is exhausted by the horizon'),
  basis: z.string(),
});
export type Forecast = z.infer<typeof Forecast>;

export interface Past {
  /** Share of the budget by day, oldest first, of the whole window; the last is today so far. Null: no data. */
  daily: readonly (number | null)[];
  remaining: number;
  now: number;
  /** The end of a calendar window; absent: it rolls, and old days drop out. */
  resetsAt?: number | undefined;
  window: Duration;
  /** How much of the window has data, in ms; all that comes is new until the window is full. Absent: no end of it is near. */
  covered?: number | undefined;
  /** The first day with data is no whole day, and no sample of one. */
  firstIsCut?: boolean | undefined;
  /** Budget share an hour by recent stretch, for a past that is too short for days. */
  recent: readonly { over: string; perHour: number }[];
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const LEAST_DAYS = 4;
const FUTURES = 400;
const LONGEST_DAYS = 90;

/**
 * Draws futures from the past: each coming day is a past day at random (the last four weeks), and in a rolling window
 * the day that falls out gives its share back. With fewer than four days it is a straight line from the fastest and
 * the slowest of the recent rates.
 */
export function forecastOf(past: Past): Forecast {
  const { daily, remaining, now, window, resetsAt } = past;
  const days = Math.min(LONGEST_DAYS, Math.max(Math.ceil(window / DAY_MS), 1));
  const horizon = resetsAt ?? now + days * DAY_MS;
  const base = { horizon: instant(horizon) };
  if (remaining <= 0) return { ...base, state: 'exhausted', share: 1, basis: 'the budget is spent already' };
  const known = daily.slice(0, -1).filter(one => one !== null);
  if (past.firstIsCut === true) known.shift();
  if (known.length < LEAST_DAYS) return straight(past, horizon);
  const sample = known.slice(-28);
  // The same past gives the same forecast.
  const random = seeded(sample.length * 7919 + Math.round(remaining * 1e6));
  const ends: number[] = [];
  const length = Math.max(Math.round((horizon - now) / DAY_MS), 1);
  for (let run = 0; run < FUTURES; run++) {
    let left = remaining;
    for (let day = 0; day < length; day++) {
      const burned = sample[Math.floor(random() * sample.length)]!;
      // A day that drops out gives back what it burned; of a calendar window nothing drops out.
      const back = resetsAt === undefined ? (daily[day] ?? 0) : 0;
      const before = left;
      left += back - burned;
      if (left <= 0) {
        const part = burned > 0 ? Math.min(Math.max(before / burned, 0), 1) : 1;
        ends.push(now + (day + part) * DAY_MS);
        break;
      }
    }
  }
  return {
    ...base,
    ...quantiles(ends, FUTURES),
    share: ends.length / FUTURES,
    basis: `${FUTURES} futures drawn from the last ${sample.length} days`,
  };
}

function quantiles(ends: number[], runs: number): Pick<Forecast, 'state' | 'early' | 'likely' | 'late'> {
  ends.sort((a, b) => a - b);
  const at = (share: number) => {
    const end = ends[Math.ceil(share * runs) - 1];
    return end === undefined ? undefined : instant(Math.round(end / 60_000) * 60_000);
  };
  const [early, likely, late] = [at(0.1), at(0.5), at(0.9)];
  return {
    state: likely !== undefined ? 'will_exhaust' : early !== undefined ? 'may_exhaust' : 'will_last',
    ...(early === undefined ? {} : { early }),
    ...(likely === undefined ? {} : { likely }),
    ...(late === undefined ? {} : { late }),
  };
}

function straight(past: Past, horizon: number): Forecast {
  const { recent, now } = past;
  const base = { horizon: instant(horizon) };
  if (recent.length === 0)
    return { ...base, state: 'no_data', share: 0, basis: 'there is no data to forecast from' };
  const ends = recent.map(({ perHour }) => now + endOf(past, perHour / HOUR_MS));
  const by = ends.filter(end => end <= horizon).sort((a, b) => a - b);
  const all = by.length === ends.length;
  const basis = `a straight line from the burn over ${recent.map(one => one.over).join(', ')}; there are fewer than ${LEAST_DAYS} days of data`;
  if (by.length === 0) return { ...base, state: 'will_last', share: 0, basis };
  return {
    ...base,
    state: all ? 'will_exhaust' : 'may_exhaust',
    early: instant(Math.round(by[0]!)),
    ...(all ? { late: instant(Math.round(by.at(-1)!)) } : {}),
    share: by.length / ends.length,
    basis,
  };
}

/**
 * After how many ms a steady burn (share of the budget a ms) uses up what is left; infinite: never. A rolling window that is
 * full gives back what was burned before, here as evenly as its time goes by.
 */
function endOf({ remaining, window, resetsAt, covered = 0 }: Past, rate: number): number {
  const plain = rate > 0 ? remaining / rate : Number.POSITIVE_INFINITY;
  const full = resetsAt === undefined ? Math.max(window - covered, 0) : Number.POSITIVE_INFINITY;
  if (plain <= full || covered <= 0) return plain;
  const net = rate - (1 - remaining) / covered;
  const after = net > 0 ? (remaining - rate * full) / net : Number.POSITIVE_INFINITY;
  // Once all of it has been given back, the window holds the steady burn alone.
  return after <= covered ? full + after : Number.POSITIVE_INFINITY;
}
