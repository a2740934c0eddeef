import { z } from 'zod';
import { operationsOf } from '../kernel/index.ts';
import { DurationShorthand } from './openslo/duration-shorthand.ts';
import { sloTemplate, TemplateKind } from './template.ts';

// It works on its input alone: it needs no room.
const operation = operationsOf<object>();

export const templateOperation = operation({
  name: 'slo.template',
  summary: 'Write the SLO of a kind for a service, to begin with.',
  description:
    'Kinds are availability, latency, freshness and so on. Prints openslo/v1 YAML in the names that OpenTelemetry gives; nines slo suggest goes by what a service really exports.',
  effect: 'read',
  standalone: true,
  route: 'GET /slo-templates/:kind',
  args: ['kind', 'service'],
  input: z.object({
    kind: TemplateKind.describe('What is measured'),
    service: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'a service is lower-case letters, digits and hyphens')
      .describe('The service'),
    target: z.coerce
      .number()
      .gt(0)
      .lt(1)
      .optional()
      .describe('As 0.999; the usual one of the kind if absent'),
    window: DurationShorthand.default('30d').describe('The window of the budget, as 30d'),
  }),
  output: z.object({ yaml: z.string(), resource: z.record(z.string(), z.unknown()) }),
  run: async request => sloTemplate(request),
  render: ({ yaml }) => yaml.trimEnd(),
  examples: [
    'nines slo template availability checkout > checkout.yaml',
    'nines slo template freshness reports',
  ],
});
