import { z } from 'zod';
import type { KnownServices } from '../catalog/index.ts';
import { epochMs, given, newId, operationsOf, type Principal } from '../kernel/index.ts';
import type { Action } from './action.ts';
import { actionInput } from './action-input.ts';
import { ActionRecord, demandDone } from './action-record.ts';
import type { Guard } from './guard.ts';
import type { Platforms } from './platforms.ts';
import { renderAction, renderActions, renderServices } from './render.ts';
import { ServiceState } from './service-state.ts';

const operation = operationsOf<{ platforms: Platforms; guard: Guard; services: KnownServices }>();

const service = z.string().min(1).max(63).describe('Service, by its name in the catalog');
const reason = z.string().min(1).max(1000).describe('Why: it is recorded with the action');
/** What is asked for, beside the action itself. */
type Asked = { reason: string } & { [key in keyof typeof actionInput]?: string | undefined };

const list = operation({
  name: 'platform.list',
  summary: 'Show what runs: each service with its release and the state of its instances.',
  effect: 'read',
  route: 'GET /platform',
  args: ['service'],
  input: z.object({ service: service.optional() }),
  output: z.object({ services: z.array(ServiceState) }),
  run: async ({ service }, { platforms }) => ({
    services: service === undefined ? await platforms.list() : [await platforms.state(service)],
  }),
  render: ({ services }) => renderServices(services),
  examples: ['nines platform list', 'nines platform list payments'],
});

const restart = operation({
  name: 'platform.restart',
  summary: 'Replace the instances of a service by new ones of the same release.',
  effect: 'act',
  route: 'POST /platform/:service/restart',
  args: ['service'],
  input: z.object({ service, reason, ...actionInput }),
  output: ActionRecord,
  run: ({ service, ...asked }, context) => operate({ kind: 'restart', service }, asked, context),
  render: renderAction,
  examples: ['nines platform restart payments --reason "its connections are stale"'],
});

const scale = operation({
  name: 'platform.scale',
  summary: 'Change how many instances of a service run.',
  effect: 'act',
  route: 'POST /platform/:service/scale',
  args: ['service', 'replicas'],
  input: z.object({
    service,
    replicas: z.int().min(0).max(1000).describe('How many instances are wanted'),
    reason,
    ...actionInput,
  }),
  output: ActionRecord,
  run: ({ service, replicas, ...asked }, context) =>
    operate({ kind: 'scale', service, replicas }, asked, context),
  render: renderAction,
  examples: ['nines platform scale payments 3 --reason "evening traffic"'],
});

const logs = operation({
  name: 'platform.logs',
  summary: 'Show the last output of the instances of a service, with secrets taken out.',
  effect: 'read',
  route: 'GET /platform/:service/logs',
  args: ['service'],
  input: z.object({
    service,
    lines: z.int().min(1).max(2000).default(50).describe('How many lines at most'),
    instance: z.string().max(100).optional().describe('Only of this instance'),
  }),
  output: z.object({ lines: z.array(z.object({ instance: z.string(), text: z.string() })) }),
  run: async ({ service, lines, instance }, { platforms }) => ({
    lines: await platforms.logs(service, { lines, ...(instance === undefined ? {} : { instance }) }),
  }),
  render: ({ lines }) =>
    lines.length === 0
      ? 'Its instances have written nothing.'
      : lines.map(({ instance, text }) => `${instance}  ${text}`).join('\n'),
  examples: ['nines platform logs payments --lines 20'],
});

const actionList = operation({
  name: 'action.list',
  summary: 'List the actions that passed the guard, or were refused by it, the newest first.',
  effect: 'read',
  route: 'GET /actions',
  input: z.object({
    service: service.optional(),
    incident: actionInput.incident,
    limit: z.int().min(1).max(500).default(50).describe('How many at most'),
  }),
  output: z.object({ actions: z.array(ActionRecord) }),
  run: async ({ service, incident, limit }, { guard, services, now }) => {
    const actions = await guard.list({
      limit,
      ...(service === undefined ? {} : { service }),
      ...(incident === undefined ? {} : { incident }),
    });
    if (actions.length === 0) await services.expectRecent(service, now());
    return { actions };
  },
  render: ({ actions }) => renderActions(actions),
  examples: ['nines action list --service payments'],
});

const actionShow = operation({
  name: 'action.show',
  summary: 'Show one action: who asked, why, within what bound, what was before and after.',
  effect: 'read',
  route: 'GET /actions/:id',
  args: ['id'],
  input: z.object({ id: z.string().min(1).max(64).describe('Action, as act_7f3k…') }),
  output: ActionRecord,
  run: ({ id }, { guard }) => guard.get(id),
  render: renderAction,
  examples: ['nines action show act_7f3k2m9q4r5t6v8w'],
});

const actionUndo = operation({
  name: 'action.undo',
  summary: 'Bring back the state before an action.',
  effect: 'act',
  route: 'POST /actions/:id/undo',
  args: ['id'],
  input: z.object({ id: z.string().min(1).max(64).describe('Action, as act_7f3k…'), reason }),
  output: ActionRecord,
  run: async ({ id, reason }, { guard, principal, now }) => {
    const undo = await guard.undo(id, { key: `${id}/undo`, principal, reason });
    return demandDone(await guard.wait(undo.id, epochMs(now()) + (undo.bound.timeoutSeconds + 60) * 1000));
  },
  render: renderAction,
  examples: ['nines action undo act_7f3k2m9q4r5t6v8w --reason "it did not help"'],
});

export const platformOperations = [list, restart, scale, logs, actionList, actionShow, actionUndo];

/** Has the guard carry out what a person asked for, and waits for how it ended. Throws what the guard refuses. */
async function operate(
  action: Action,
  { key = newId('req'), ...asked }: Asked,
  { guard, principal }: { guard: Guard; principal: Principal },
): Promise<ActionRecord> {
  return demandDone(await guard.perform({ key, action, purpose: 'operate', principal, ...given(asked) }));
}
