import { z } from 'zod';
import { Instant, instant } from '../kernel/index.ts';
import type { CardinalityGuard } from './cardinality.ts';
import { type Labels, labelsKey } from './promql/labels.ts';
import { cut, table } from './text.ts';

export const Cardinality = z.object({
  at: Instant,
  series: z.number(),
  limits: z.object({
    series: z.number(),
    perMetric: z.number(),
    perTenant: z.number(),
    newPerMinute: z.number(),
    tenantLabel: z.string(),
  }),
  /** Series that appeared in the last hour. */
  newInLastHour: z.number(),
  metrics: z.array(
    z.object({
      metric: z.string(),
      series: z.number(),
      newInLastHour: z.number(),
      /** The labels with the most values, the most first. */
      labels: z.array(z.object({ label: z.string(), values: z.number() })),
      /** Which label to drop, and how many series would about be left; absent when none would help much. */
      suggestion: z.object({ drop: z.string(), seriesLeft: z.number() }).optional(),
    }),
  ),
  labels: z.array(z.object({ label: z.string(), values: z.number(), series: z.number() })),
  tenants: z.array(z.object({ tenant: z.string(), series: z.number() })),
  /** Of the last day. */
  refused: z.array(
    z.object({
      metric: z.string(),
      reason: z.string(),
      count: z.number(),
      first: Instant,
      last: Instant,
      sentence: z.string(),
    }),
  ),
});
export type Cardinality = z.infer<typeof Cardinality>;

export interface CountedSeries {
  readonly metric: string;
  readonly labels: Labels;
  readonly firstSeen: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Series that are looked at before others get a turn. */
const AT_A_TIME = 5_000;
/** What dropping a label would leave is worked out on so many series of a metric, and scaled. */
const SAMPLE = 3_000;
const CANDIDATES = 3;

/** The worst metrics, labels and senders by series, what grew, what was refused, and what would help. */
export async function cardinalityOf(
  all: Iterable<CountedSeries>,
  guard: CardinalityGuard,
  now: number,
  limit: number,
  pause: () => Promise<void> | undefined = () => undefined,
): Promise<Cardinality> {
  const byMetric = new Map<string, CountedSeries[]>();
  const labels = new Map<string, { values: Set<string>; series: number }>();
  let series = 0;
  let fresh = 0;
  for (const one of all) {
    series += 1;
    if (one.firstSeen >= now - HOUR) fresh += 1;
    const known = byMetric.get(one.metric);
    if (known === undefined) byMetric.set(one.metric, [one]);
    else known.push(one);
    for (const [label, value] of Object.entries(one.labels)) {
      if (label === '__name__') continue;
      const found = labels.get(label) ?? { values: new Set(), series: 0 };
      found.values.add(value);
      found.series += 1;
      labels.set(label, found);
    }
    if (series % AT_A_TIME === 0) await pause();
  }
  const metrics: Cardinality['metrics'] = [];
  for (const [metric, own] of topOf([...byMetric], ([, own]) => own.length, limit)) {
    metrics.push({
      metric,
      series: own.length,
      newInLastHour: own.filter(one => one.firstSeen >= now - HOUR).length,
      ...advice(own),
    });
    await pause();
  }
  const { config } = guard;
  return {
    at: instant(now),
    series,
    limits: {
      series: config.series,
      perMetric: config.perMetric,
      perTenant: config.perTenant,
      newPerMinute: config.newPerMinute,
      tenantLabel: config.tenantLabel,
    },
    newInLastHour: fresh,
    metrics,
    labels: topOf([...labels], ([, { values }]) => values.size, limit).map(([label, { values, series }]) => ({
      label,
      values: values.size,
      series,
    })),
    tenants: topOf([...guard.tenants], ([, count]) => count, limit).map(([tenant, count]) => ({
      tenant,
      series: count,
    })),
    refused: guard
      .refusedSince(now - DAY)
      .slice(0, limit)
      .map(({ first, last, ...rest }) => ({ ...rest, first: instant(first), last: instant(last) })),
  };
}

function advice(
  own: readonly CountedSeries[],
): Pick<Cardinality['metrics'][number], 'labels' | 'suggestion'> {
  const values = new Map<string, Set<string>>();
  for (const { labels } of own)
    for (const [label, value] of Object.entries(labels)) {
      if (label === '__name__') continue;
      const known = values.get(label);
      if (known === undefined) values.set(label, new Set([value]));
      else known.add(value);
    }
  const labels = topOf([...values], ([, set]) => set.size, 10).map(([label, set]) => ({
    label,
    values: set.size,
  }));
  // A bucket's bound is what makes the histogram: it is never the one to drop.
  const candidates = labels.filter(({ label, values }) => label !== 'le' && values > 1).slice(0, CANDIDATES);
  const sample = own.length <= SAMPLE ? own : own.filter((_, n) => n % Math.ceil(own.length / SAMPLE) === 0);
  let best: { drop: string; seriesLeft: number } | undefined;
  for (const { label: drop } of candidates) {
    const left = new Set(sample.map(one => labelsKey(without(one.labels, drop)))).size;
    const seriesLeft = Math.round((left / sample.length) * own.length);
    if (seriesLeft <= own.length / 2 && (best === undefined || seriesLeft < best.seriesLeft))
      best = { drop, seriesLeft };
  }
  return { labels, ...(best === undefined || own.length < 10 ? {} : { suggestion: best }) };
}

function without(labels: Labels, name: string): Labels {
  const { [name]: _, ...rest } = labels;
  return rest;
}

function topOf<T>(all: T[], size: (one: T) => number, limit: number): T[] {
  return all.sort((a, b) => size(b) - size(a)).slice(0, limit);
}

export function cardinalityText(found: Cardinality): string {
  const { series, limits, newInLastHour, metrics, labels, tenants, refused } = found;
  const many = (count: number) => count.toLocaleString('en');
  return [
    `${many(series)} of at most ${many(limits.series)} series; ${many(newInLastHour)} are new in the last hour.`,
    '',
    table(
      ['metric', 'series', 'new 1h', 'most values'],
      metrics.map(one => [
        one.metric,
        many(one.series),
        many(one.newInLastHour),
        one.labels[0] === undefined ? '' : `${cut(one.labels[0].label, 20)}: ${many(one.labels[0].values)}`,
      ]),
    ),
    ...metrics.flatMap(({ metric, series, suggestion }) =>
      suggestion === undefined
        ? []
        : [
            `Drop ${cut(suggestion.drop, 14)} of ${cut(metric, 26)}: about ${many(suggestion.seriesLeft)} of ${many(series)} left.`,
          ],
    ),
    '',
    table(
      ['label', 'values', 'series'],
      labels.map(one => [one.label, many(one.values), many(one.series)]),
    ),
    '',
    table(
      [limits.tenantLabel, `series (at most ${many(limits.perTenant)})`],
      tenants.map(one => [one.tenant === '' ? '(none)' : one.tenant, many(one.series)]),
    ),
    '',
    refused.length === 0 ? 'No series was refused in the last day.' : 'Refused in the last day:',
    ...refused.flatMap(one => [
      `  ${one.last.slice(0, 16).replace('T', ' ')}  ${cut(one.metric, 36)}, ${one.count === 1 ? 'once' : `${many(one.count)} times`}:`,
      ...wrapped(one.sentence).map(line => `    ${line}`),
    ]),
  ].join('\n');
}

/** Lines of at most 76 columns, broken at spaces. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > 76) lines.push(cut(word, 76));
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
