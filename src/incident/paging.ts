import type { Kernel } from '../kernel/index.ts';
import { humanDuration } from '../kernel/index.ts';
import type { Delivery } from '../notify/index.ts';
import type { Page, PageStep } from '../oncall/index.ts';
import type { NewEntry } from './timeline.ts';

/** What records a timeline entry. */
export interface Recorder {
  addEntry(id: string, entry: NewEntry): Promise<unknown>;
}

const INCIDENT = /^INC-\d+$/;

/** Puts on the timeline what paging did: who was called, who did not answer, what did not arrive. */
export function recordPaging(kernel: Kernel, incidents: Recorder): void {
  for (const type of ['page.sent', 'page.escalated'])
    kernel.events.on<{ page: Page; step: PageStep }>(
      type,
      `incident.${type}`,
      async ({ id, subject, data }) => {
        if (INCIDENT.test(subject))
          await incidents.addEntry(subject, { ...pagedEntry(data.page, data.step), dedupe: id });
      },
    );
  kernel.events.on<{ page: Page; reason: string }>(
    'page.exhausted',
    'incident.page.exhausted',
    async ({ id, subject, data }) => {
      if (INCIDENT.test(subject))
        await incidents.addEntry(subject, {
          kind: 'page',
          text: `Nobody has taken it: ${data.reason}. The incident has no responder.`,
          data: { page: data.page.id, state: 'exhausted' },
          dedupe: id,
        });
    },
  );
  kernel.events.on<{ delivery: Delivery }>(
    'notification.failed',
    'incident.notification.failed',
    async ({ id, subject, data: { delivery } }) => {
      if (INCIDENT.test(subject))
        await incidents.addEntry(subject, {
          kind: 'page',
          text: `A message to ${delivery.person} by ${delivery.channel} did not arrive: ${delivery.error ?? 'the reason is not known'}.`,
          data: { delivery: delivery.id, state: 'failed' },
          dedupe: id,
        });
    },
  );
}

/** Who was called in a step of the escalation, and why. Pure. */
export function pagedEntry(page: Page, step: PageStep): NewEntry {
  const who = step.people.map(({ person, schedule, layer, channels }) => {
    const as = schedule === undefined ? '' : ` (${schedule}, ${layer})`;
    return `${person}${as} by ${channels.join(' and ')}`;
  });
  const before = page.steps.findLast(one => one.n < step.n && one.people.length > 0);
  const waited =
    before === undefined
      ? ''
      : `Nobody acknowledged within ${humanDuration(Date.parse(step.at) - Date.parse(before.at))}. `;
  const missed = step.missed.length === 0 ? '' : ` Not reached: ${step.missed.join('; ')}.`;
  const told = who.length === 0 ? 'This step reaches nobody.' : `Paged ${who.join(', ')}.`;
  return {
    kind: 'page',
    text: `${waited}${told}${missed}`,
    data: { page: page.id, step: step.n, people: step.people.map(({ person }) => person) },
  };
}
