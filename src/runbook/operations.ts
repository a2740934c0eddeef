import { z } from 'zod';
import { type Catalog, Metadata } from '../catalog/index.ts';
import { operationsOf } from '../kernel/index.ts';
import { Proposal } from './proposal.ts';
import { renderList, renderProposal } from './render.ts';
import { Runbook, RunbookSpec } from './runbook.ts';
import type { Runbooks } from './runbooks.ts';

const operation = operationsOf<{ runbooks: Runbooks; catalog: Catalog }>();

const id = z.string().min(1).max(64).describe('Remediation, as rem_7f3k…');

const runbookList = operation({
  name: 'runbook.list',
  summary: 'List the runbooks: when each fits, who may start it, and its steps.',
  effect: 'read',
  route: 'GET /runbooks',
  input: z.object({}),
  output: z.object({ runbooks: z.array(z.object({ metadata: Metadata, spec: RunbookSpec })) }),
  run: async (_, { catalog }) => ({
    runbooks: (await catalog.list(Runbook)).map(({ metadata, spec }) => ({ metadata, spec })),
  }),
  render: ({ runbooks }) =>
    runbooks.length === 0
      ? 'No runbook is declared yet: nines apply FOLDER.'
      : runbooks
          .map(({ metadata, spec }) =>
            [
              `${metadata.name}  ${spec.title}`,
              `  for ${spec.when.causes?.join(', ') ?? 'any cause'}, ${spec.when.services?.join(', ') ?? 'any service'}; start: ${spec.start.replace('_', ' ')}`,
              `  steps: ${spec.steps.map(step => step.name).join(', ')}`,
            ].join('\n'),
          )
          .join('\n'),
  examples: ['nines runbook list'],
});

const list = operation({
  name: 'remediation.list',
  summary: 'List what was proposed or done against incidents, the newest first.',
  effect: 'read',
  route: 'GET /remediations',
  input: z.object({
    incident: z.string().max(64).optional().describe('Only for this incident, as INC-7'),
    limit: z.int().min(1).max(500).default(50).describe('How many at most'),
  }),
  output: z.object({ remediations: z.array(Proposal) }),
  run: async ({ incident, limit }, { runbooks }) => ({
    remediations:
      incident === undefined
        ? await runbooks.list(limit)
        : (await runbooks.ofIncident(incident)).reverse().slice(0, limit),
  }),
  render: ({ remediations }) => renderList(remediations),
  examples: ['nines remediation list --incident INC-7'],
});

const show = operation({
  name: 'remediation.show',
  summary: 'Show a remediation: why it was proposed, its steps, approvals and figures.',
  effect: 'read',
  route: 'GET /remediations/:id',
  args: ['id'],
  input: z.object({ id }),
  output: Proposal,
  run: ({ id }, { runbooks }) => runbooks.get(id),
  render: renderProposal,
  examples: ['nines remediation show rem_7f3k2m9q4r5t6v8w'],
});

const approve = operation({
  name: 'remediation.approve',
  summary: 'Approve a remediation; with enough approvals it starts.',
  effect: 'act',
  route: 'POST /remediations/:id/approve',
  args: ['id'],
  input: z.object({ id }),
  output: Proposal,
  run: ({ id }, { runbooks, principal }) => runbooks.approve(id, principal),
  render: renderProposal,
  examples: ['nines remediation approve rem_7f3k2m9q4r5t6v8w'],
});

const reject = operation({
  name: 'remediation.reject',
  summary: 'Reject a remediation that has not started.',
  effect: 'write',
  route: 'POST /remediations/:id/reject',
  args: ['id'],
  input: z.object({ id, reason: z.string().min(1).max(1000).describe('Why: it is recorded') }),
  output: Proposal,
  run: ({ id, reason }, { runbooks, principal }) => runbooks.reject(id, principal, reason),
  render: renderProposal,
  examples: ['nines remediation reject rem_7f3k2m9q4r5t6v8w --reason "traffic is falling by itself"'],
});

export const runbookOperations = [runbookList, list, show, approve, reject];
