import { z } from 'zod';
import type { KnownServices } from '../catalog/index.ts';
import { epochMs, given, humanDuration, Instant, operationsOf } from '../kernel/index.ts';
import { ActionRecord, actionInput, type Platforms, ServiceState, serving, wrap } from '../platform/index.ts';
import { Change, ChangeKind } from './change.ts';
import type { Deployment, Deploys } from './deploys.ts';

const operation = operationsOf<{ deploys: Deploys; platforms: Platforms; services: KnownServices }>();

const service = z.string().min(1).max(63).describe('Service, by its name in the catalog');
const version = z.string().min(1).max(128);
const reason = z.string().min(1).max(1000).describe('Why: it is recorded with the change');
const DeploymentOutput = z.object({ change: Change, action: ActionRecord });

const release = operation({
  name: 'deploy.release',
  summary: 'Roll a release of a service out; if it does not become healthy it is taken back.',
  description:
    'New instances start beside the old ones; once all are healthy the old ones stop. The error budget is asked first.',
  effect: 'act',
  route: 'POST /deploys/:service/release',
  args: ['service', 'version'],
  input: z.object({
    service,
    version: version.describe('The release, as v1.2.3'),
    reason,
    ...actionInput,
  }),
  output: DeploymentOutput,
  run: ({ service, version, ...rest }, { deploys, principal }) =>
    deploys.deploy(service, version, { principal, ...given(rest) }),
  render: renderDeployment,
  examples: ['nines deploy release payments v1.2.3 --reason "adds the order history"'],
});

const rollback = operation({
  name: 'deploy.rollback',
  summary: 'Go back to the release before, or to the one named.',
  effect: 'act',
  route: 'POST /deploys/:service/rollback',
  args: ['service'],
  input: z.object({
    service,
    to: version.optional().describe('The release to go back to; the one before if absent'),
    reason,
    ...actionInput,
  }),
  output: DeploymentOutput,
  run: ({ service, to, ...rest }, { deploys, principal }) =>
    deploys.rollback(service, { principal, ...given(rest), ...(to === undefined ? {} : { to }) }),
  render: renderDeployment,
  examples: ['nines deploy rollback payments --reason "checkout is slow since v1.2.3"'],
});

const status = operation({
  name: 'deploy.status',
  summary: 'Show what release a service is on, whether a rollout is under way, and its last changes.',
  effect: 'read',
  route: 'GET /deploys/:service',
  args: ['service'],
  input: z.object({ service }),
  output: z.object({ state: ServiceState, changes: z.array(Change) }),
  run: async ({ service }, { deploys, platforms }) => ({
    state: await platforms.state(service),
    changes: await deploys.changes({}, service, 5),
  }),
  render: ({ state, changes }) =>
    [
      `${state.service} is on ${state.release}: ${serving(state).length} of ${state.replicas} healthy.`,
      state.previousRelease === undefined
        ? 'No earlier release is known.'
        : `Before it ran ${state.previousRelease}: nines deploy rollback ${state.service} --reason "…"`,
      ...(state.rollout === undefined
        ? []
        : [`Under way: ${state.rollout.description} (${state.rollout.phase.replace('_', ' ')}).`]),
      ...(changes.length === 0 ? [] : ['Last changes:', ...changes.map(renderChange)]),
    ].join('\n'),
  examples: ['nines deploy status payments'],
});

const list = operation({
  name: 'change.list',
  summary: 'List what was changed, by Nines or by anything that recorded it, the newest first.',
  effect: 'read',
  route: 'GET /changes',
  input: z.object({
    service: service.optional(),
    from: Instant.optional().describe('Only changes that began at or after this time'),
    to: Instant.optional().describe('Only changes that began at or before this time'),
    limit: z.int().min(1).max(1000).default(50).describe('How many at most'),
  }),
  output: z.object({ changes: z.array(Change) }),
  run: async ({ service, from, to, limit }, { deploys, services, now }) => {
    const changes = await deploys.changes(
      { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) },
      service,
      limit,
    );
    if (changes.length === 0) await services.expectRecent(service, now());
    return { changes };
  },
  render: ({ changes }) => (changes.length === 0 ? 'No change yet.' : changes.map(renderChange).join('\n')),
  examples: ['nines change list --service payments'],
});

const record = operation({
  name: 'change.record',
  summary: 'Record a change that something else made, as a pipeline or a person at another tool.',
  effect: 'write',
  route: 'POST /changes',
  args: ['service'],
  input: z.object({
    service,
    kind: ChangeKind.default('external').describe('What kind of change'),
    from: z.string().max(256).optional().describe('What was before, as a version'),
    to: z.string().max(256).optional().describe('What is after, as a version'),
    at: Instant.optional().describe('When it began; now if absent'),
    finishedAt: Instant.optional().describe('When it ended'),
    status: z.enum(['running', 'done', 'failed']).default('done').describe('How it stands'),
    reason: z.string().max(1000).optional().describe('What it is for'),
    incident: actionInput.incident,
    url: z.url().max(2000).optional().describe('Where to read more'),
    by: z.string().min(1).max(128).optional().describe('Who or what made it; who records it if absent'),
    key: actionInput.key.describe(
      'Recording again with the same key changes nothing, except that a running change may end',
    ),
  }),
  output: Change,
  run: ({ by, ...rest }, { deploys, principal }) =>
    deploys.record({ ...given(rest), by: by ?? principal.name }),
  render: renderChange,
  examples: ['nines change record payments --kind config --to "pool size 50" --reason "more load"'],
});

export const deployOperations = [release, rollback, status, list, record];

function renderDeployment({ change, action }: Deployment): string {
  const took =
    change.finishedAt === undefined
      ? ''
      : ` It took ${humanDuration(epochMs(change.finishedAt) - epochMs(change.at))}.`;
  return `${wrap(`${action.summary ?? `${action.description}: ${action.status}.`}${took}`, 0)}\n${renderChange(change)}`;
}

function renderChange(change: Change): string {
  const what = change.from === undefined ? (change.to ?? '') : `${change.from} → ${change.to ?? 'unknown'}`;
  return `${change.at.slice(0, 19).replace('T', ' ')}  ${change.service.padEnd(16)} ${change.kind.padEnd(8)} ${what}  ${change.status}, by ${change.by}`;
}
