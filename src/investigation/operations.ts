import { z } from 'zod';
import { operationsOf } from '../kernel/index.ts';
import { Investigation } from './investigation.ts';
import type { Investigations } from './investigations.ts';
import { renderInvestigation, renderInvestigations } from './render.ts';

const operation = operationsOf<{ investigations: Investigations }>();

const IncidentName = z.string().min(1).max(40).describe('Incident, as INC-7');

const run = operation({
  name: 'investigation.run',
  summary: 'Look into why an incident’s service is broken, now, from stored evidence.',
  description:
    'Compares before and after the onset over metrics, spans, logs and recorded changes along the dependency graph. ' +
    'The verdict is settled by code: confirmed, likely or inconclusive.',
  effect: 'write',
  route: 'POST /incidents/:incident/investigation',
  args: ['incident'],
  input: z.object({ incident: IncidentName }),
  output: Investigation,
  run: ({ incident }, { investigations }) => investigations.investigate(incident),
  render: renderInvestigation,
  examples: ['nines investigation run INC-7'],
});

const show = operation({
  name: 'investigation.show',
  summary: 'Show the verdict on an incident: causes with evidence, what was ruled out, what is not known.',
  effect: 'read',
  route: 'GET /incidents/:incident/investigation',
  args: ['incident'],
  input: z.object({ incident: IncidentName }),
  output: Investigation,
  run: ({ incident }, { investigations }) => investigations.get(incident),
  render: renderInvestigation,
  examples: ['nines investigation show INC-7', 'nines investigation show INC-7 --json'],
});

const list = operation({
  name: 'investigation.list',
  summary: 'List the newest investigations with their verdicts.',
  effect: 'read',
  route: 'GET /investigations',
  input: z.object({
    limit: z.int().min(1).max(200).default(50).describe('How many at most'),
  }),
  output: z.object({ investigations: z.array(Investigation) }),
  run: async ({ limit }, { investigations }) => ({ investigations: await investigations.list(limit) }),
  render: ({ investigations }) => renderInvestigations(investigations),
  examples: ['nines investigation list'],
});

export const investigationOperations = [run, show, list] as const;
