import { z } from 'zod';
import { operationsOf, timeOfDay } from '../kernel/index.ts';
import { Delivery } from './delivery.ts';
import type { Notifications } from './notifications.ts';

const operation = operationsOf<{ notifications: Notifications }>();

const list = operation({
  name: 'notification.list',
  summary: 'List messages to people with the state of each delivery, newest first.',
  effect: 'read',
  route: 'GET /notifications',
  input: z.object({
    state: Delivery.shape.state.optional().describe('Only deliveries in this state'),
    incident: z.string().max(63).optional().describe('Only those about this incident, as INC-7'),
    channel: z.string().max(63).optional().describe('Only those by this channel'),
    limit: z.int().min(1).max(500).default(50).describe('At most so many'),
  }),
  output: z.object({ notifications: z.array(Delivery) }),
  run: async (filter, { notifications }) => ({ notifications: await notifications.list(filter) }),
  render: ({ notifications }) =>
    notifications.length === 0 ? 'No messages.' : notifications.map(line).join('\n'),
  examples: ['nines notification list', 'nines notification list --state failed'],
});

export const notifyOperations = [list];

function line(delivery: Delivery): string {
  const at = timeOfDay(delivery.sentAt ?? delivery.failedAt ?? delivery.queuedAt, 'second');
  const head = `${at}  ${delivery.state.padEnd(9)} ${delivery.channel.padEnd(10)} ${delivery.person.padEnd(18)} ${delivery.subject}`;
  const repeat = delivery.uncertain ? ['  an attempt was cut off: it may have arrived twice'] : [];
  const error = delivery.error === undefined ? [] : [`  ${delivery.error}`];
  return [head.slice(0, 80), ...error.map(text => text.slice(0, 80)), ...repeat].join('\n');
}
