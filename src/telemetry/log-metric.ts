import { z } from 'zod';
import { defineKind } from '../catalog/index.ts';
import { messageOf, type Problem } from '../kernel/index.ts';
import { parseLogQuery } from './log-query/parser.ts';
import { queryBounds } from './log-query/query.ts';
import { labelName } from './metric-name.ts';

/** The labels that say who sent the records; `by` may not take their names. */
const taken = new Set([
  'service_name',
  'service_version',
  'deployment_environment_name',
  'collector_instance_id',
]);

const LogMetricSpec = z.strictObject({
  description: z.string().max(2000).optional().describe('What is counted; the help of the metric'),
  query: z
    .string()
    .min(1, 'say which records are counted, as service:checkout "order placed"')
    .max(queryBounds.characters)
    .superRefine((text, context) => {
      try {
        parseLogQuery(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: messageOf(error) });
      }
    })
    .describe('Which records are counted, in the language of `nines logs search`'),
  by: z
    .array(z.string().min(1).max(255))
    .max(5)
    .default([])
    .describe(
      'Attributes of records that become labels, as http.route; at most 1,000 combinations are told apart',
    ),
});
export type LogMetricSpec = z.infer<typeof LogMetricSpec>;

/** Counts the log records that a query finds, as they arrive: the metric `logs_<name>_total`. */
export const LogMetric = defineKind({
  apiVersion: 'nines/v1',
  kind: 'LogMetric',
  summary:
    'A counter of the log records that a query finds, made as they arrive: logs_<name>_total, for objectives and rules.',
  spec: LogMetricSpec,
  check: ({ spec }) => {
    const problems: Problem[] = [];
    const seen = new Map<string, string>();
    for (const [place, key] of spec.by.entries()) {
      const label = labelName(key);
      const field = `spec.by.${place}`;
      const twin = seen.get(label);
      if (taken.has(label))
        problems.push({ field, message: `every counter has the label ${label} already; take this one out` });
      else if (twin !== undefined)
        problems.push({ field, message: `${key} and ${twin} would both be the label ${label}` });
      seen.set(label, key);
    }
    return problems;
  },
});

/** `orders-placed` is counted as `logs_orders_placed_total`. */
export function logMetricName(name: string): string {
  return `logs_${name.replaceAll('-', '_')}_total`;
}
