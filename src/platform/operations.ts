import { z } from 'zod';
import type { KnownServices } from '../catalog/index.ts';
import { epochMs, newId, operationsOf } from '../kernel/index.ts';
import { ActionRecord, demandDone } from './action-record.ts';
import type { Guard } from './guard.ts';
import type { Platforms } from './platforms.ts';
import { renderAction, renderActions, renderServices } from './render.ts';
import { ServiceState } from './service-state.ts';

const operation = operationsOf<{ platforms: Platforms; guard: Guard; services: KnownServices }>();

const service = z.string().min(1).max(63).describe('Service, by its name in the catalog');
const reason = z.string().min(1).max(1000).describe('Why: it is recorded with the action');
const incident = z.string().max(64).optional().describe('The incident that it is for, as INC-7');
const override = z
  .string()
  .min(1)
  .max(1000)
  .optional()
  .describe('Why to act although a gate says no; recorded, and only for a person');
const key = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe('Asking again with the same key does not act again');

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
  input: z.object({ service, reason, incident, override, key }),
  output: ActionRecord,
  run: async (input, { guard, principal }) =>
    demandDone(
      await guard.perform({
        key: input.key ?? newId('req'),
        action: { kind: 'restart', service: input.service },
        purpose: 'operate',
        principal,
        reason: input.reason,
        ...(input.incident === undefined ? {} : { incident: input.incident }),
        ...(input.override === undefined ? {} : { override: input.override }),
      }),
    ),
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
    incident,
    override,
    key,
  }),
  output: ActionRecord,
  run: async (input, { guard, principal }) =>
    demandDone(
      await guard.perform({
        key: input.key ?? newId('req'),
        action: { kind: 'scale', service: input.service, replicas: input.replicas },
        purpose: 'operate',
        principal,
        reason: input.reason,
        ...(input.incident === undefined ? {} : { incident: input.incident }),
        ...(input.override === undefined ? {} : { override: input.override }),
      }),
    ),
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
    incident,
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
