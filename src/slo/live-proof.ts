import { duration, epochMs, type Instant, messageOf } from '../kernel/index.ts';
import type { Coverages } from './coverages.ts';
import type { Compiled } from './declared.ts';
import type { WindowCount } from './indicator.ts';
import { type LiveSeries, type Missing, missingSeries } from './missing-series.ts';
import { blindSpots, type Proof, partNotes, proofRows } from './proof.ts';
import type { Readings } from './readings.ts';

const LATELY = '1h';
const HOUR_S = 3600;

/** The live series, as they are asked. */
interface Live {
  metrics: LiveSeries;
  readings: Readings;
  coverages: Coverages;
}

/**
 * Whether an objective is able to page: times to page by simulation of its rules at today's traffic, and what its queries
 * find. A source that does not answer is a problem of the proof, and not its end.
 */
export async function liveProof(live: Live, one: Compiled, at: Instant): Promise<Proof> {
  const { objective, rules } = one;
  const { silent = false } = objective;
  const found = await evidence(live, one, at).catch(
    (error: unknown): Evidence => ({
      problems: [
        `The metrics could not be read: ${messageOf(error)} Until they can, nothing here is proven; see to the source and ask again.`,
      ],
      notes: [],
    }),
  );
  const rows = proofRows(one, found.rate);
  const problems = [...found.problems];
  if (rows[0]!.page === null && !silent)
    problems.push(
      rules.some(rule => rule.severity === 'page')
        ? 'Even a whole outage would page nobody: too little happens. A Probe makes traffic of its own; a longer window waits for more.'
        : 'Even a whole outage would page nobody: no rule for a page is left. Take a longer window.',
    );
  return {
    objective: objective.id,
    able: problems.length === 0 && !silent,
    silent,
    eventsPerSecond: found.rate ?? null,
    rows,
    problems,
    notes: [
      ...one.notes.map(note => `${note.severity}: ${note.reason}`),
      ...blindSpots(one, found.rate),
      ...found.notes,
      ...partNotes(one),
    ],
  };
}

interface Evidence extends Missing {
  /** Events a second. */
  rate?: number;
}

async function evidence(
  { metrics, readings, coverages }: Live,
  one: Compiled,
  at: Instant,
): Promise<Evidence> {
  const { sli } = one.objective;
  const lately = { at, over: LATELY };
  const hour = await readings.count(sli, LATELY, at);
  const problems: string[] = [];
  const notes: string[] = [];
  for (const query of new Set(sli.queries)) {
    const missing = await missingSeries(metrics, query, sli.mayBeAbsent?.includes(query) ?? false, lately);
    problems.push(...missing.problems);
    notes.push(...missing.notes);
  }
  if (hour === undefined) {
    if (problems.length === 0)
      problems.push(
        `Its queries find series, and give nothing over ${LATELY}. See what they give: nines telemetry query '${sli.totalExpr(LATELY)}'`,
      );
    return { problems, notes };
  }
  problems.push(...(await emptyWindows(readings, one, at)));
  if (hour.total <= 0)
    notes.push(
      `Nothing has happened for ${LATELY}: how much traffic the rules have to do with is not known, and the times are those of enough.`,
    );
  const rate = await rateOf(coverages, one, hour, at);
  return { problems, notes, ...(rate === undefined ? {} : { rate }) };
}

/** Rules whose short window never holds two samples can neither fire nor end. */
async function emptyWindows(
  readings: Readings,
  { objective, rules }: Compiled,
  at: Instant,
): Promise<string[]> {
  const windows = new Set(
    rules
      .filter(rule => rule.kind === 'burn' && duration(rule.shortWindow) < HOUR_S * 1000)
      .map(rule => rule.shortWindow),
  );
  const empty: string[] = [];
  for (const window of windows)
    if ((await readings.count(objective.sli, window, at)) === undefined) {
      const blind = rules.filter(rule => rule.shortWindow === window).map(rule => rule.id);
      empty.push(
        `${blind.join(', ')} cannot fire: the queries give nothing over ${window}. Either nothing has come for so long, or samples are too far apart: two must fit, so scrape at least every ${Math.floor(duration(window) / 2000)} s.`,
      );
    }
  return empty;
}

async function rateOf(
  coverages: Coverages,
  { objective }: Compiled,
  hour: WindowCount,
  at: Instant,
): Promise<number | undefined> {
  if (objective.sli.counts !== 'events' || hour.total <= 0) return undefined;
  // A fresh system has less than an hour: its rate is that of the time that there is.
  const { since } = await coverages.of(objective, at);
  const seconds = since === undefined ? HOUR_S : Math.min((epochMs(at) - epochMs(since)) / 1000, HOUR_S);
  return seconds > 0 ? hour.total / seconds : undefined;
}
