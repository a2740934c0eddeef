import { z } from 'zod';
import { epochMs, humanDuration, Instant, instant, operationsOf, timeOfDay } from '../kernel/index.ts';
import type { OnCall } from './oncall.ts';
import { Page } from './page.ts';

const operation = operationsOf<{ oncall: OnCall }>();

const DAY_MS = 86_400_000;

const ShiftView = z.object({
  schedule: z.string(),
  layer: z.string(),
  team: z.string(),
  person: z.string(),
  from: Instant,
  until: Instant,
  override: z.string().optional(),
});
type ShiftView = z.infer<typeof ShiftView>;

const now = operation({
  name: 'oncall.now',
  summary: 'Show who is on call now, and until when.',
  effect: 'read',
  route: 'GET /oncall',
  input: z.object({
    schedule: z.string().max(63).optional().describe('Only this schedule'),
    at: Instant.optional().describe('At this instant instead of now'),
  }),
  output: z.object({ at: Instant, shifts: z.array(ShiftView) }),
  run: async ({ schedule, at }, context) => {
    const when = at ?? context.now();
    const { oncall } = context;
    return {
      at: when,
      shifts: schedule === undefined ? await oncall.now(when) : await oncall.at(schedule, when),
    };
  },
  render: ({ at, shifts }) =>
    shifts.length === 0
      ? 'No schedule is declared, so nobody is on call: nines apply FOLDER.'
      : shifts
          .map(shift => {
            const until = `until ${minute(shift.until)} UTC (${humanDuration(epochMs(shift.until) - epochMs(at))})${swapped(shift)}`;
            const line = `${named(shift)} ${shift.person.padEnd(15)} ${until}`;
            // What does not fit beside it stands below.
            return line.length <= 80 ? line : `${named(shift)} ${shift.person}\n  ${until}`;
          })
          .join('\n'),
  examples: ['nines oncall now'],
});

const schedule = operation({
  name: 'oncall.schedule',
  summary: 'Show who is on call over the next days, layer by layer.',
  effect: 'read',
  route: 'GET /oncall/schedules/:schedule',
  args: ['schedule'],
  input: z.object({
    schedule: z.string().min(1).max(63).describe('The Schedule'),
    days: z.int().min(1).max(366).default(14).describe('How many days ahead'),
  }),
  output: z.object({ shifts: z.array(ShiftView) }),
  run: async ({ schedule: name, days }, context) => {
    const from = context.now();
    return { shifts: await context.oncall.between(name, from, instant(epochMs(from) + days * DAY_MS)) };
  },
  render: ({ shifts }) =>
    shifts
      .map(
        shift =>
          `${minute(shift.from)} – ${minute(shift.until)}  ${shift.layer.padEnd(12)} ${shift.person}${swapped(shift)}`,
      )
      .join('\n'),
  examples: ['nines oncall schedule shop --days 30'],
});

const pageList = operation({
  name: 'page.list',
  summary: 'List pages: whom, for what, and whether somebody took it, newest first.',
  effect: 'read',
  route: 'GET /pages',
  input: z.object({
    state: Page.shape.state.optional().describe('Only pages in this state'),
    incident: z.string().max(63).optional().describe('Only those of this incident, as INC-7'),
    limit: z.int().min(1).max(500).default(50).describe('At most so many'),
  }),
  output: z.object({ pages: z.array(Page) }),
  run: async (filter, { oncall }) => ({ pages: await oncall.list(filter) }),
  render: ({ pages }) => (pages.length === 0 ? 'No pages.' : pages.map(pageLines).join('\n')),
  examples: ['nines page list', 'nines page list --state exhausted'],
});

export const oncallOperations = [now, schedule, pageList];

function pageLines(page: Page): string {
  const head = `${minute(page.createdAt)}  ${page.incident.padEnd(8)} ${page.severity}  ${page.state.padEnd(12)} ${page.title}`;
  const steps = page.steps.map(step => {
    const who = step.people.map(one => `${one.person} (${one.channels.join(', ')})`).join(', ') || 'nobody';
    return `  ${timeOfDay(step.at, 'second')}  step ${step.n + 1}: ${who}`.slice(0, 80);
  });
  return [head.slice(0, 80), ...steps].join('\n');
}

function named(shift: ShiftView): string {
  return `${shift.schedule}/${shift.layer}`.padEnd(24);
}

function swapped(shift: ShiftView): string {
  if (shift.override === undefined) return '';
  return shift.override === '' ? ', override' : `, override: ${shift.override}`;
}

function minute(at: Instant): string {
  return at.slice(0, 16).replace('T', ' ');
}
