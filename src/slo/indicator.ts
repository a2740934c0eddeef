import { type Duration, Fault, formatDuration, milliseconds } from '../kernel/index.ts';
import { budgetOf } from './error-budget.ts';
import type { Operator } from './openslo/description.ts';
import { type DurationShorthand, shorthandDuration } from './openslo/duration-shorthand.ts';
import type { MetricSource, SliSpec } from './openslo/sli.ts';
import type { BudgetingMethod, SloObjective } from './openslo/slo.ts';
import {
  eventsOver,
  meanOver,
  plainValue,
  readsBuckets,
  SAMPLE_EVERY,
  type WindowQuery,
} from './window-query.ts';

/**
 * One expression beside the total, and what it counts. `share`: it is the share of bad of the total. `ratio`: it is the
 * share of bad by itself, and the total is one where it is there.
 */
export interface CountedParts {
  of: 'bad' | 'good' | 'share' | 'ratio';
  expr: WindowQuery;
}

/** An indicator as PromQL over any window. Each expression gives one series without labels, or nothing without data. */
export interface ObjectiveSli {
  kind: 'availability' | 'latency' | 'other';
  /** What is counted: requests or the like, slices of time, looks at a value, or nothing (a ratio made elsewhere). */
  counts: 'events' | 'slices' | 'samples' | 'ratio';
  badExpr: WindowQuery;
  totalExpr: WindowQuery;
  /** bad ÷ total: NaN when nothing happened, nothing when there is no data. */
  ratioExpr: WindowQuery;
  /** The least that is asked to know bad and total: `badExpr` is for rules, which must say it in one expression. */
  counted: CountedParts;
  /** The queries as they were written. */
  queries: string[];
  /** Of these, what may be absent while all is well: a counter of errors appears with the first error. */
  mayBeAbsent?: string[];
  /** The shortest window over which it means something: one slice. */
  atLeast?: Duration;
}

/** What was counted over one window. */
export interface WindowCount {
  bad: number;
  total: number;
}

/** Windows of the rules of one objective, and some more. */
const MOST_WINDOWS = 24;

/** An indicator under an objective and a budgeting method, as PromQL. Throws `invalid` for what cannot be. */
export function compiledSli(
  spec: SliSpec,
  objective: SloObjective,
  budgeting: BudgetingMethod,
): ObjectiveSli {
  const sli = spec.ratioMetric === undefined ? thresholdSli(spec, objective) : ratioSli(spec.ratioMetric);
  if (budgeting === 'Occurrences') return sli;
  const slice = sliceOf(objective);
  return budgeting === 'Timeslices'
    ? timeslices(sli, slice, objective.timeSliceTarget ?? 1)
    : ratioTimeslices(sli, slice);
}

function ratioSli(metric: NonNullable<SliSpec['ratioMetric']>): ObjectiveSli {
  const { counter } = metric;
  if (metric.raw !== undefined) {
    const raw = queryOf(metric.raw.metricSource);
    const mean = meanOver(raw);
    const ratioExpr: WindowQuery = window =>
      metric.rawType === 'success' ? `avg(1 - ${mean(window)})` : `avg(${mean(window)})`;
    return {
      kind: 'other',
      counts: 'ratio',
      ratioExpr,
      badExpr: ratioExpr,
      // A ratio made elsewhere weighs one, whatever it stands for.
      totalExpr: window => `${ratioExpr(window)} * 0 + 1`,
      counted: { of: 'ratio', expr: ratioExpr },
      queries: [raw],
    };
  }
  const totalText = queryOf(metric.total!.metricSource);
  const total = eventsOver({ text: totalText, counter });
  const text = queryOf((metric.bad ?? metric.good)!.metricSource);
  // A counter of errors appears with the first error, and one of successes may never appear in an outage: absent, it
  // is zero. A histogram's bucket is there from the first request: absent, the `le` is wrong, and that is no data.
  const events = eventsOver({ text, counter });
  const counted: WindowQuery = readsBuckets(text) ? events : window => `(${events(window)} or vector(0))`;
  const totalExpr: WindowQuery = window => parenthesised(total(window));
  const badExpr: WindowQuery = metric.bad
    ? // Without any total there is no data, also where the errors would be zero.
      window => `(${parenthesised(counted(window))} and ${totalExpr(window)})`
    : // Extrapolation can put good a little above total.
      window => `clamp_min(${totalExpr(window)} - ${parenthesised(counted(window))}, 0)`;
  return {
    kind: readsBuckets(text) ? 'latency' : 'availability',
    counts: 'events',
    badExpr,
    totalExpr,
    ratioExpr: window =>
      metric.bad
        ? `${parenthesised(counted(window))} / ${totalExpr(window)}`
        : `${badExpr(window)} / ${totalExpr(window)}`,
    counted: { of: metric.bad ? 'bad' : 'good', expr: window => parenthesised(counted(window)) },
    queries: [text, totalText],
    // Where nothing good is found everything counts as bad: no such query may be absent without a word.
    ...(metric.bad === undefined || readsBuckets(text) ? {} : { mayBeAbsent: [text] }),
  };
}

/** Bad and total of what was counted. Extrapolation at the edges of a counter can put one a little above the other. */
export function countOf({ counted }: ObjectiveSli, part: number, total: number): WindowCount {
  const bad = counted.of === 'good' ? total - part : counted.of === 'share' ? part * total : part;
  return { bad: Math.min(Math.max(bad, 0), total), total };
}

const NOT: Record<Operator, string> = { lte: '>', lt: '>=', gte: '<', gt: '<=' };

/** A value is looked at once a minute; each look is good or bad. */
function thresholdSli(spec: SliSpec, { op, value }: SloObjective): ObjectiveSli {
  const text = queryOf(spec.thresholdMetric!.metricSource);
  if (op === undefined || value === undefined)
    throw new Fault('invalid', 'a thresholdMetric needs op and value on the objective.', {
      hint: 'As op: lte, value: 0.3: good is a value of at most 0.3.',
    });
  const query = plainValue(text);
  const badExpr: WindowQuery = window =>
    `sum(sum_over_time(((${query}) ${NOT[op]} bool ${value})[${window}:${SAMPLE_EVERY}]))`;
  const totalExpr: WindowQuery = window => `sum(count_over_time((${query})[${window}:${SAMPLE_EVERY}]))`;
  return {
    kind: 'other',
    counts: 'samples',
    badExpr,
    totalExpr,
    ratioExpr: window => `${badExpr(window)} / ${totalExpr(window)}`,
    counted: { of: 'bad', expr: badExpr },
    queries: [text],
  };
}

/** Good slices of time ÷ slices: a slice is bad when its share of good is under `timeSliceTarget`. */
function timeslices(sli: ObjectiveSli, slice: Duration, target: number): ObjectiveSli {
  const step = formatDuration(slice);
  const ratio = sli.ratioExpr(step);
  // A slice in which nothing happened is good: NaN is not above.
  const badExpr: WindowQuery = window =>
    `sum_over_time(((${ratio}) > bool ${budgetOf(target)})[${window}:${step}])`;
  const totalExpr: WindowQuery = window => `count_over_time((${ratio})[${window}:${step}])`;
  return sliced(sli, slice, badExpr, totalExpr);
}

/** The mean of the slices' ratios: every slice weighs the same, whatever its traffic. Slices without events are left out. */
function ratioTimeslices(sli: ObjectiveSli, slice: Duration): ObjectiveSli {
  const step = formatDuration(slice);
  const ratio = `(${sli.ratioExpr(step)}) >= 0`;
  return sliced(
    sli,
    slice,
    window => `sum_over_time((${ratio})[${window}:${step}])`,
    window => `count_over_time((${ratio})[${window}:${step}])`,
  );
}

function sliced(
  sli: ObjectiveSli,
  slice: Duration,
  badExpr: WindowQuery,
  totalExpr: WindowQuery,
): ObjectiveSli {
  return {
    ...sli,
    counts: 'slices',
    badExpr,
    totalExpr,
    ratioExpr: window => `${badExpr(window)} / ${totalExpr(window)}`,
    counted: { of: 'bad', expr: badExpr },
    atLeast: slice,
  };
}

function sliceOf({ timeSliceWindow }: SloObjective): Duration {
  if (typeof timeSliceWindow === 'number') return milliseconds(timeSliceWindow * 60_000);
  return shorthandDuration((timeSliceWindow ?? '1m') as DurationShorthand);
}

function queryOf(source: MetricSource): string {
  const { query } = source.spec;
  if (
    source.type !== undefined &&
    !/^prom(etheus|ql)?$|^(thanos|mimir|victoriametrics|cortex)$/i.test(source.type)
  )
    throw new Fault(
      'invalid',
      `its metrics are of the type ${source.type}, and only PromQL can be evaluated here.`,
      {
        hint: 'type: Prometheus, with spec.query in PromQL.',
      },
    );
  if (typeof query === 'string' && query.trim() !== '') return query;
  throw new Fault('invalid', 'a metric source has no query.', { hint: 'spec: { query: <PromQL> }' });
}

function parenthesised(text: string): string {
  return `(${text})`;
}
/** What the loop asks every few seconds is written once for each window. */
export function remembering(sli: ObjectiveSli): ObjectiveSli {
  const once = (query: WindowQuery): WindowQuery => {
    const known = new Map<string, string>();
    return window => {
      const text = known.get(window);
      if (text !== undefined) return text;
      const made = query(window);
      if (known.size < MOST_WINDOWS) known.set(window, made);
      return made;
    };
  };
  return {
    ...sli,
    totalExpr: once(sli.totalExpr),
    counted: { ...sli.counted, expr: once(sli.counted.expr) },
  };
}
