import type { Resource } from '../catalog/index.ts';
import { type Duration, Fault, formatDuration, milliseconds } from '../kernel/index.ts';
import type { Operator } from './openslo/description.ts';
import { type DurationShorthand, shorthandDuration } from './openslo/duration-shorthand.ts';
import type { MetricSource, SliSpec } from './openslo/sli.ts';
import type { BudgetingMethod, SloObjective, SloSpec } from './openslo/slo.ts';
import { type BudgetWindow, budgetWindow } from './time-window.ts';
import {
  eventsOver,
  meanOver,
  plainValue,
  readsBuckets,
  SAMPLE_EVERY,
  type WindowQuery,
} from './window-query.ts';

/**
 * One expression beside the total, and what it counts. `ratio`: it is the share of bad by itself, the total is one
 * where it is there.
 */
export interface CountedParts {
  of: 'bad' | 'good' | 'ratio';
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
  /** The shortest window over which it means something: one slice. */
  atLeast?: Duration;
}

/** One promise, ready to be evaluated. */
export interface Objective {
  /** The SLO's name, with `/2` and so on where it has several objectives. */
  id: string;
  slo: string;
  displayName: string;
  description?: string;
  service: string;
  /** Share of good, as 0.999. */
  target: number;
  window: BudgetWindow;
  budgeting: BudgetingMethod;
  sli: ObjectiveSli;
  /** It raises no alerts, by its own word (`alertPolicies: []`): it decides at the gate, and another one pages. */
  silent?: boolean;
}

/** What was counted over one window. */
export interface WindowCount {
  bad: number;
  total: number;
}

/** Windows of the rules of one objective, and some more. */
const MOST_WINDOWS = 24;

/** Finds an SLI by name. */
export type SliLookup = (name: string) => SliSpec | undefined;

/** The objectives of an SLO. Throws `invalid`, with the SLO's name, when one cannot be evaluated. */
export function objectivesOf(slo: Resource<SloSpec>, sliByName: SliLookup): Objective[] {
  const { spec, metadata } = slo;
  return spec.objectives.map((objective, index) => {
    const id = spec.objectives.length === 1 ? metadata.name : `${metadata.name}/${index + 1}`;
    const displayName = objective.displayName ?? metadata.displayName ?? metadata.name;
    const at = `spec.objectives.${index}`;
    try {
      const sli = remembering(
        compiled(indicatorOf(spec, objective, sliByName), objective, spec.budgetingMethod),
      );
      return {
        id,
        slo: metadata.name,
        displayName: spec.objectives.length === 1 ? (metadata.displayName ?? metadata.name) : displayName,
        ...(spec.description === undefined ? {} : { description: spec.description }),
        service: spec.service,
        target: targetOf(objective),
        window: budgetWindow(spec.timeWindow?.[0]),
        budgeting: spec.budgetingMethod,
        sli,
        ...(spec.alertPolicies?.length === 0 ? { silent: true } : {}),
      };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      throw new Fault(error.code, `SLO ${metadata.name}: ${error.message}`, {
        ...error.detail,
        field: error.detail.field ?? at,
        ...(slo.source === undefined ? {} : { place: slo.source }),
      });
    }
  });
}

/** `target`, or `targetPercent` ÷ 100 without the noise of binary fractions. */
export function targetOf({ target, targetPercent }: SloObjective): number {
  if (target !== undefined) return target;
  return Number(((targetPercent ?? 0) / 100).toPrecision(12));
}

/** The error budget as a share of all events: 1 − target, without the noise of binary fractions. */
export function budgetOf(target: number): number {
  return Number((1 - target).toPrecision(12));
}

/** What the loop asks every few seconds is written once for each window. */
function remembering(sli: ObjectiveSli): ObjectiveSli {
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

function indicatorOf(spec: SloSpec, objective: SloObjective, sliByName: SliLookup): SliSpec {
  const inline = objective.indicator ?? spec.indicator;
  if (inline !== undefined) return inline.spec;
  const name = objective.indicatorRef ?? spec.indicatorRef ?? '';
  const found = sliByName(name);
  if (found !== undefined) return found;
  throw new Fault('invalid', `there is no SLI '${name}'.`, { field: 'spec.indicatorRef' });
}

function compiled(spec: SliSpec, objective: SloObjective, budgeting: BudgetingMethod): ObjectiveSli {
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
  };
}

/** Bad and total of what was counted. Extrapolation at the edges of a counter can put one a little above the other. */
export function countOf({ counted }: ObjectiveSli, part: number, total: number): WindowCount {
  const bad = counted.of === 'good' ? total - part : part;
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
