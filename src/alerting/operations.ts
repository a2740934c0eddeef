import { z } from 'zod';
import type { KnownServices } from '../catalog/index.ts';
import { operationsOf } from '../kernel/index.ts';
import { Alert, AlertState } from './alert.ts';
import { alertTable, alertView } from './alert-view.ts';
import type { Alerts } from './alerts.ts';

const operation = operationsOf<{ alerts: Alerts; services: KnownServices }>();

const list = operation({
  name: 'alert.list',
  summary: 'List alerts: what is firing first, then what was resolved.',
  effect: 'read',
  route: 'GET /alerts',
  input: z.object({
    state: AlertState.optional().describe('Only these'),
    service: z.string().max(63).optional().describe('Only those of this service'),
    limit: z.number().int().min(1).max(1000).default(50).describe('At most so many'),
  }),
  output: z.object({ alerts: z.array(Alert) }),
  run: async ({ state, service, limit }, { alerts, services, now }) => {
    const found = await alerts.list({
      ...(state === undefined ? {} : { state }),
      ...(service === undefined ? {} : { service }),
    });
    if (found.length === 0) await services.expectRecent(service, now());
    return { alerts: found.slice(0, limit) };
  },
  render: ({ alerts }) => alertTable(alerts),
  examples: ['nines alert list', 'nines alert list --state firing'],
});

const show = operation({
  name: 'alert.show',
  summary: 'Show an alert: what it says, which rules hold, and its times.',
  effect: 'read',
  route: 'GET /alerts/:id',
  args: ['id'],
  input: z.object({ id: z.string().min(1).max(64).describe('The alert, as alt_4k…') }),
  output: Alert,
  run: ({ id }, { alerts }) => alerts.get(id),
  render: alertView,
  examples: ['nines alert show alt_4k2m…'],
});

export const alertOperations = [list, show];
