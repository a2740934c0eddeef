import { z } from 'zod';
import { epochMs, Instant, instant } from '../kernel/index.ts';
import { type CountedPattern, countedPatterns, type PatternFilter, withExamples } from './log-patterns.ts';
import { discoveryBound, dispersionOf, type RateChange, rateChange } from './log-rates.ts';
import type { Window } from './metrics.ts';
import type { Store } from './store.ts';
import { windowMs } from './window.ts';

export const ChangedPattern = z.object({
  pattern: z.string(),
  service: z.string(),
  level: z.string(),
  state: z
    .enum(['new', 'surging', 'gone'])
    .describe('Never seen before; at least twice as often; seen no more'),
  before: z.number().int().describe('Lines in the windows before'),
  after: z.number().int().describe('Lines in the window'),
  ratio: z
    .number()
    .optional()
    .describe('Rate in the window to the rate before; absent where there was none before'),
  ratioLow: z.number().describe('Lower 95 % bound of the ratio'),
  ratioHigh: z.number().optional().describe('Upper 95 % bound; absent where there is none'),
  pValue: z.number().describe('How probable so large a difference is without a change'),
  firstSeen: Instant,
  lastSeen: Instant,
  example: z.string(),
  exampleTraceId: z.string().optional(),
});
export type ChangedPattern = z.infer<typeof ChangedPattern>;

export const LogSurge = z.object({
  from: Instant,
  to: Instant,
  comparedFrom: Instant.describe('The windows before begin here and end where the window begins'),
  patterns: z.array(ChangedPattern),
  looked: z.number().int().describe('Kinds of lines that were compared'),
  unsure: z.number().int().describe('Of them new or gone, but too rare for a change to be told from chance'),
  notes: z.array(z.string()).describe('What could not be compared'),
});
export type LogSurge = z.infer<typeof LogSurge>;

/** Of what is called a change, this share may be chance. */
const falseDiscoveries = 0.01;
const leastRatio = 2;
/** Slices of the time before, by which it is seen how lines come in bursts. */
const slices = 24;
const mostPatterns = 100;
const states = ['new', 'surging', 'gone'] as const;

/** Which kinds of lines are new, surge or are gone in a window, against `compared` windows of its length before it. */
export async function logSurge(
  store: Store,
  window: Window,
  { compared, ...filter }: PatternFilter & { compared: number },
): Promise<LogSurge> {
  const before: Window = {
    from: instant(epochMs(window.from) - compared * windowMs(window)),
    to: window.from,
  };
  const [then = [], now = []] = await countedPatterns(store, [before, window], filter, slices);
  const { changes, looked, unsure, notes } = changed(then, now, windowMs(before), windowMs(window));
  const shown = changes.slice(0, mostPatterns);
  const patterns: ChangedPattern[] = [];
  for (const [from, list] of [
    [window, shown.filter(({ state }) => state !== 'gone')],
    [before, shown.filter(({ state }) => state === 'gone')],
  ] as const) {
    const found = await withExamples(
      store,
      from,
      filter,
      list.map(({ of }) => of),
    );
    for (const [index, { state, counts, change }] of list.entries()) {
      const { count: _, ...pattern } = found[index]!;
      patterns.push({ ...pattern, state, ...counts, ...told(change) });
    }
  }
  return {
    ...window,
    comparedFrom: before.from,
    patterns,
    looked,
    unsure,
    notes:
      changes.length > mostPatterns
        ? [...notes, `${changes.length - mostPatterns} more changes are not shown.`]
        : notes,
  };
}

interface Change {
  of: CountedPattern;
  state: (typeof states)[number];
  counts: { before: number; after: number };
  change: RateChange;
}

/** What changed, the surest first within each state. */
export function changed(
  then: readonly CountedPattern[],
  now: readonly CountedPattern[],
  beforeMs: number,
  afterMs: number,
): { changes: Change[]; looked: number; unsure: number; notes: string[] } {
  const notes: string[] = [];
  const services = (patterns: readonly CountedPattern[]) => new Set(patterns.map(({ service }) => service));
  const [spoke, speaks] = [services(then), services(now)];
  // Without any line on one side it is not known whether lines changed or were not sent.
  for (const service of speaks)
    if (!spoke.has(service))
      notes.push(`${service} sent nothing before the window: its lines are not called new.`);
  for (const service of spoke)
    if (!speaks.has(service))
      notes.push(`${service} sent nothing in the window: its lines are not called gone.`);
  const byKey = new Map<string, { earlier?: CountedPattern; now?: CountedPattern }>();
  const key = ({ service, level, pattern }: CountedPattern) => `${service}\0${level}\0${pattern}`;
  for (const one of then) if (speaks.has(one.service)) byKey.set(key(one), { earlier: one });
  for (const one of now)
    if (spoke.has(one.service)) byKey.set(key(one), { ...byKey.get(key(one)), now: one });
  const all = [...byKey.values()].map(pair => {
    const counts = { before: pair.earlier?.count ?? 0, after: pair.now?.count ?? 0 };
    const dispersion = dispersionOf(pair.earlier?.slices ?? []);
    return {
      of: (pair.now ?? pair.earlier)!,
      counts,
      change: rateChange({ ...counts, beforeMs, afterMs, dispersion }),
    };
  });
  const bound = discoveryBound(
    all.map(({ change }) => change.p),
    falseDiscoveries,
  );
  const changes: Change[] = [];
  let unsure = 0;
  for (const one of all) {
    const { before, after } = one.counts;
    const state =
      before === 0 ? 'new' : after === 0 ? 'gone' : one.change.ratio >= leastRatio ? 'surging' : undefined;
    if (state === undefined) continue;
    if (one.change.p <= bound) changes.push({ ...one, state });
    else if (state !== 'surging') unsure += 1;
  }
  changes.sort(
    (a, b) =>
      states.indexOf(a.state) - states.indexOf(b.state) ||
      a.change.p - b.change.p ||
      b.counts.after - a.counts.after,
  );
  return { changes, looked: all.length, unsure, notes };
}

function told({ ratio, low, high, p }: RateChange) {
  const figure = (value: number) => Number(value.toPrecision(4));
  return {
    ...(Number.isFinite(ratio) ? { ratio: figure(ratio) } : {}),
    ratioLow: figure(low),
    ...(Number.isFinite(high) ? { ratioHigh: figure(high) } : {}),
    pValue: figure(p),
  };
}
