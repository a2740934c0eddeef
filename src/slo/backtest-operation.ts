import { z } from 'zod';
import {
  DurationText,
  duration,
  epochMs,
  Fault,
  humanDuration,
  instant,
  operationsOf,
} from '../kernel/index.ts';
import { Replay, Resolution } from './replay.ts';
import type { Slos } from './slos.ts';
import { sharePercent, times, wrapped } from './text.ts';

const operation = operationsOf<{ slos: Slos }>();

const Backtest = z.object({
  objective: z.string(),
  data: Resolution,
  declared: Replay,
  changed: Replay.optional().describe('With the target and window that were asked for'),
  suggested: z.object({ target: z.number(), reason: z.string() }).optional(),
});
type Backtest = z.infer<typeof Backtest>;

export const backtestOperation = operation({
  name: 'slo.backtest',
  summary:
    'Replay the past through an SLO, also with another target or window: which pages there would have been.',
  description: 'Steps are a minute up to a day, else five minutes: times are known to a step.',
  effect: 'read',
  route: 'GET /slos/:id/backtest',
  args: ['id'],
  input: z.object({
    id: z.string().min(1).max(128).describe('The SLO, as checkout-availability; /2 for its second objective'),
    target: z.coerce.number().gt(0).lt(1).optional().describe('What if the target were this, as 0.995'),
    window: z
      .string()
      .regex(/^[1-9]\d{0,3}[hdwMQY]$/, 'a window is written as 30d')
      .optional()
      .describe('What if the window were this, as 7d'),
    over: DurationText.default('30d').describe('How far back, at most 90d; as far as there is data'),
  }),
  output: Backtest,
  run: async ({ id, target, window, over }, { slos, now }) => {
    if (duration(over) > duration('90d'))
      throw new Fault('invalid', 'A backtest looks back 90 days at most.', {
        field: 'over',
        hint: '--over 90d',
      });
    const to = now();
    const changes = {
      ...(target === undefined ? {} : { target }),
      ...(window === undefined ? {} : { window }),
    };
    return slos.backtest(id, changes, { from: instant(epochMs(to) - duration(over)), to });
  },
  render: backtestText,
  examples: [
    'nines slo backtest checkout-availability',
    'nines slo backtest checkout-availability --target 0.995 --window 7d',
  ],
});

function backtestText({ objective, data, declared, changed, suggested }: Backtest): string {
  if (declared.good === null)
    return wrapped(
      `${objective}: there is no data from ${stamp(data.from)} to ${stamp(data.to)} UTC to replay.`,
    ).join('\n');
  return [
    `${objective} from ${stamp(data.from)} to ${stamp(data.to)} UTC, every ${data.step}`,
    `${sharePercent(data.coverage)} of it has data: ${sharePercent(declared.good)} of ${Math.round(declared.events).toLocaleString('en')} good.`,
    '',
    ...replayText('As declared', declared),
    ...(changed === undefined ? [] : ['', ...replayText('Changed', changed)]),
    ...(suggested === undefined
      ? []
      : ['', `Suggested: ${sharePercent(suggested.target)}.`, ...folded(suggested.reason)]),
  ].join('\n');
}

function replayText(title: string, replay: Replay): string[] {
  const { target, window, budgetMinutes, consumed, worst, alerts } = replay;
  const pages = alerts.filter(one => one.severity === 'page').length;
  const tickets = alerts.length - pages;
  return [
    `${title}: ${sharePercent(target)} over ${window}, a budget of ${humanDuration(budgetMinutes * 60_000)}`,
    `  used ${consumed === null ? 'unknown' : sharePercent(consumed)} at the end, at most ${worst === null ? 'unknown' : sharePercent(worst)}; ${pages} ${pages === 1 ? 'page' : 'pages'}, ${tickets} ${tickets === 1 ? 'ticket' : 'tickets'}`,
    ...alerts.slice(0, 20).map(one => {
      const rule = one.rule.split(':').slice(1).join(':');
      return `  ${one.severity.padEnd(7)} ${stamp(one.from)}  ${humanDuration(Date.parse(one.to) - Date.parse(one.from)).padEnd(11)} ${rule.slice(0, 20).padEnd(20)} up to ${times(one.burnRate)}`;
    }),
    ...(alerts.length > 20 ? [`  and ${alerts.length - 20} more`] : []),
  ];
}

function stamp(at: string): string {
  return at.slice(0, 16).replace('T', ' ');
}

/** Lines of at most 78 columns. */
function folded(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 77) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`  ${word}`);
  }
  return lines;
}
