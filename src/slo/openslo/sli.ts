import { z } from 'zod';
import { defineKind } from '../../catalog/index.ts';
import { withoutBlanks } from './blank.ts';
import { APIVERSION, Description, Name } from './description.ts';
import { OpenSloMetadata } from './metadata.ts';

export const MetricSource = z.strictObject({
  metricSourceRef: Name.optional().describe('A DataSource'),
  type: z.string().max(253).optional().describe('As Prometheus'),
  spec: z
    .record(z.string(), z.json())
    .refine(spec => Object.keys(spec).length > 0, 'at least one field is needed, as query'),
});
export type MetricSource = z.infer<typeof MetricSource>;

const Metric = z.strictObject({ metricSource: MetricSource });

export const RatioMetric = z
  .strictObject({
    counter: z.boolean().optional().describe('True if the metrics only ever grow'),
    good: Metric.optional(),
    bad: Metric.optional(),
    total: Metric.optional(),
    rawType: z
      .enum(['success', 'failure'])
      .optional()
      .describe('Whether raw is good/total (success) or bad/total'),
    raw: Metric.optional().describe('A ratio that is computed already'),
  })
  .check(({ value, issues }) => {
    const complain = (path: string[], message: string) =>
      issues.push({ code: 'custom', input: value, path, message });
    const { good, bad, total, raw, rawType } = value;
    if ((total === undefined) === (raw === undefined))
      complain([], 'exactly one of total (with good or bad) and raw must be given');
    else if (raw !== undefined) {
      if (good !== undefined || bad !== undefined) complain([], 'raw goes without good and bad');
      if (rawType === undefined) complain(['rawType'], 'rawType is required with raw: success or failure');
    } else if ((good === undefined) === (bad === undefined))
      complain([], 'exactly one of good and bad must be given with total');
  });
export type RatioMetric = z.infer<typeof RatioMetric>;

export const SliSpec = z
  .strictObject({
    description: Description,
    thresholdMetric: Metric.optional(),
    ratioMetric: RatioMetric.optional(),
  })
  .refine(
    spec => (spec.thresholdMetric === undefined) !== (spec.ratioMetric === undefined),
    'exactly one of thresholdMetric and ratioMetric must be given',
  );
export type SliSpec = z.infer<typeof SliSpec>;

/** An SLI inside an SLO. */
export const InlineSli = z.strictObject({ metadata: OpenSloMetadata, spec: SliSpec });
export type InlineSli = z.infer<typeof InlineSli>;

/** What is measured. */
export const Sli = defineKind({
  apiVersion: APIVERSION,
  kind: 'SLI',
  metadata: OpenSloMetadata,
  prepare: withoutBlanks,
  summary: 'A service level indicator: how good and total, or a value to compare, are read from metrics.',
  spec: SliSpec,
});
