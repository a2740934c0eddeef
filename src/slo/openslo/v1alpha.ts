import { z } from 'zod';
import { defineKind, type Metadata } from '../../catalog/index.ts';
import { withoutBlanks } from './blank.ts';
import { APIVERSION, Description, Operator } from './description.ts';
import { V1AlphaMetadata } from './metadata.ts';
import { OpenSloServiceSpec } from './service.ts';
import type { MetricSource } from './sli.ts';
import { Calendar, checkRolling, type SloSpec } from './slo.ts';

const Source = z.strictObject({
  source: z.string().regex(/^[A-Za-z]+$/, 'a source is a word, as prometheus'),
  queryType: z.string().regex(/^[A-Za-z]+$/, 'a query type is a word, as promql'),
  query: z.string().min(1),
  metadata: z.record(z.string(), z.json()).optional(),
});

const Objective = z.strictObject({
  displayName: z.string().max(1050).optional(),
  op: Operator.optional(),
  value: z.number().optional(),
  target: z.number().gte(0).lt(1),
  timeSliceTarget: z.number().gte(0).lte(1).optional(),
  ratioMetrics: z
    .strictObject({ incremental: z.boolean().optional(), good: Source, total: Source })
    .optional(),
});

const TimeWindow = z
  .strictObject({
    unit: z.enum(['Second', 'Minute', 'Hour', 'Day', 'Week', 'Month', 'Quarter', 'Year']),
    count: z.number().int().positive(),
    isRolling: z.boolean().optional(),
    calendar: Calendar.optional(),
  })
  .check(checkRolling);

export const V1ALPHA = 'openslo/v1alpha';

export const V1AlphaSloSpec = z
  .strictObject({
    description: Description,
    service: z.string().min(1),
    indicator: z.strictObject({ thresholdMetric: Source }).optional(),
    timeWindows: z.array(TimeWindow).length(1, 'exactly one time window is given'),
    budgetingMethod: z.enum(['Occurrences', 'Timeslices']),
    objectives: z.array(Objective).min(1),
  })
  .check(({ value, issues }) => {
    const complain = (path: (string | number)[], message: string) =>
      issues.push({ code: 'custom', input: value, path, message });
    const ratios = value.objectives.filter(objective => objective.ratioMetrics !== undefined).length;
    if (ratios > 0 && value.indicator !== undefined)
      complain([], 'only one of indicator and objectives.*.ratioMetrics may be given');
    if (ratios === 0 && value.indicator === undefined)
      complain([], 'one of indicator and objectives.*.ratioMetrics must be given');
    value.objectives.forEach((objective, index) => {
      if (ratios > 0 && objective.ratioMetrics === undefined)
        complain(['objectives', index], 'ratioMetrics must be given on every objective or on none');
      for (const field of ['op', 'value'] as const)
        if (ratios === 0 && value.indicator !== undefined && objective[field] === undefined)
          complain(['objectives', index, field], `${field} is required with a thresholdMetric`);
      if (value.budgetingMethod === 'Timeslices' && objective.timeSliceTarget === undefined)
        complain(
          ['objectives', index, 'timeSliceTarget'],
          'timeSliceTarget is required when the budget is in Timeslices',
        );
    });
  });
export type V1AlphaSloSpec = z.infer<typeof V1AlphaSloSpec>;

/** A whole document of OpenSLO's first version. */
export const V1AlphaSlo = z.strictObject({
  apiVersion: z.literal(V1ALPHA),
  kind: z.literal('SLO'),
  metadata: V1AlphaMetadata,
  spec: V1AlphaSloSpec,
});
export type V1AlphaSlo = z.infer<typeof V1AlphaSlo>;

const SHORT: Record<string, string> = {
  Minute: 'm',
  Hour: 'h',
  Day: 'd',
  Week: 'w',
  Month: 'M',
  Quarter: 'Q',
  Year: 'Y',
};

/** The same promise as OpenSLO v1: ratios become inline indicators of the objectives, windows a duration. */
function upgraded(metadata: Metadata, spec: V1AlphaSloSpec): SloSpec {
  const { indicator, timeWindows, objectives, ...rest } = spec;
  const window = timeWindows[0]!;
  const source = ({
    source: type,
    query,
    queryType,
  }: z.infer<typeof Source>): { metricSource: MetricSource } => ({
    metricSource: { type, spec: { query, queryType } },
  });
  const seconds = window.unit === 'Second';
  return {
    ...rest,
    ...(indicator === undefined
      ? {}
      : {
          indicator: {
            metadata: { name: metadata.name },
            spec: { thresholdMetric: source(indicator.thresholdMetric) },
          },
        }),
    timeWindow: [
      {
        duration: seconds
          ? `${Math.max(Math.round(window.count / 60), 1)}m`
          : `${window.count}${SHORT[window.unit]}`,
        ...(window.calendar === undefined
          ? { isRolling: true }
          : { isRolling: false, calendar: window.calendar }),
      },
    ],
    objectives: objectives.map(({ ratioMetrics, ...objective }, index) => ({
      ...objective,
      // v1alpha knows no length of a slice; v1 says minutes for a bare number.
      ...(spec.budgetingMethod === 'Timeslices' ? { timeSliceWindow: '1m' } : {}),
      ...(ratioMetrics === undefined
        ? {}
        : {
            indicator: {
              metadata: { name: `${metadata.name}-${index}`.slice(0, 63) },
              spec: {
                ratioMetric: {
                  ...(ratioMetrics.incremental === undefined ? {} : { counter: ratioMetrics.incremental }),
                  good: source(ratioMetrics.good),
                  total: source(ratioMetrics.total),
                },
              },
            },
          }),
    })),
  };
}

/** v1alpha's SLO, which is v1 from the moment it has been read. */
export const V1AlphaSloKind = defineKind({
  apiVersion: V1ALPHA,
  kind: 'SLO',
  metadata: V1AlphaMetadata,
  prepare: withoutBlanks,
  summary: "A service level objective in OpenSLO's first version; it is read as v1.",
  spec: V1AlphaSloSpec,
  // The upgraded resource is another kind's, and everything after reading looks at its apiVersion.
  complete: resource =>
    ({
      ...resource,
      apiVersion: APIVERSION,
      spec: upgraded(resource.metadata, resource.spec),
    }) as unknown as typeof resource,
});

export const V1AlphaServiceKind = defineKind({
  apiVersion: V1ALPHA,
  kind: 'Service',
  metadata: V1AlphaMetadata,
  prepare: withoutBlanks,
  summary: "A service in OpenSLO's first version; it is read as v1.",
  spec: OpenSloServiceSpec,
  complete: resource => ({ ...resource, apiVersion: APIVERSION }),
});
