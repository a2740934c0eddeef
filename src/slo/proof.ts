import { z } from 'zod';
import { duration, formatDuration, humanDuration, milliseconds } from '../kernel/index.ts';
import type { Compiled } from './declared.ts';
import { budgetOf, burnRate } from './error-budget.ts';
import { sharePercent, times, wrapped } from './text.ts';
import { fastest } from './time-to-page.ts';

const When = z.object({ ms: z.number(), rule: z.string() });

export const ProofRow = z.object({
  outage: z.string().describe('As 10 % of events bad'),
  errorRatio: z.number(),
  burnRate: z.number(),
  page: When.nullable().describe('null: never'),
  ticket: When.nullable(),
  budgetGone: z
    .number()
    .nullable()
    .describe('Share of the budget that is gone when somebody first hears of it'),
});
export type ProofRow = z.infer<typeof ProofRow>;

export const Proof = z.object({
  objective: z.string(),
  able: z.boolean().describe('A whole outage pages, and its series are there'),
  silent: z.boolean().describe('It raises no alerts, as declared (alertPolicies: []): another one must page'),
  eventsPerSecond: z
    .number()
    .nullable()
    .describe('Over the last hour; null: not known, and the guard is left out'),
  rows: z.array(ProofRow),
  problems: z.array(z.string()).describe('What keeps it from paging'),
  notes: z.array(z.string()),
});
export type Proof = z.infer<typeof Proof>;

/** The rows of the time-to-page table: a whole, a tenth, a hundredth, and burns that are slow. */
export function proofRows({ objective, rules }: Compiled, eventsPerSecond: number | undefined): ProofRow[] {
  const { target, window } = objective;
  const budget = budgetOf(target);
  const slow = [7, 2].map(rate => ({ rate, ratio: rate * budget })).filter(({ ratio }) => ratio < 1);
  const outages = [
    ...[1, 0.1, 0.01].map(ratio => ({ outage: `${sharePercent(ratio)} of events bad`, ratio })),
    ...slow.map(({ rate, ratio }) => ({
      outage: `a burn of ${times(rate)} (${sharePercent(ratio)} bad)`,
      ratio,
    })),
  ];
  return outages.map(({ outage, ratio }) => {
    const of = (severity: 'page' | 'ticket') =>
      fastest(
        rules.filter(rule => rule.severity === severity),
        { errorRatio: ratio, eventsPerSecond },
      ) ?? null;
    const page = of('page');
    const ticket = of('ticket');
    const first = Math.min(page?.ms ?? Number.POSITIVE_INFINITY, ticket?.ms ?? Number.POSITIVE_INFINITY);
    const burn = burnRate(ratio, target);
    return {
      outage,
      errorRatio: ratio,
      burnRate: burn,
      page,
      ticket,
      budgetGone: Number.isFinite(first) ? (burn * first) / window.length : null,
    };
  });
}

/** Rules that the traffic of today is too little for, even if everything failed, and what to do. */
export function blindSpots({ objective, rules }: Compiled, eventsPerSecond: number | undefined): string[] {
  if (eventsPerSecond === undefined) return [];
  const blind = rules.flatMap(rule => {
    const few = (how: string, window: string, needed: number) => {
      const come = (eventsPerSecond * duration(window)) / 1000;
      return come < needed
        ? [
            `${rule.id} ${how} at today's traffic: in ${window} come ${Number(come.toPrecision(2))} events, and it needs ${needed} bad ones.`,
          ]
        : [];
    };
    return [
      ...few('cannot fire', rule.longWindow, rule.minEvents),
      ...few('fires only by luck', rule.shortWindow, rule.minShortEvents),
    ].slice(0, 1);
  });
  return blind.length === 0
    ? []
    : [
        ...blind,
        `So little traffic is best helped by a look from outside: nines slo template uptime ${objective.service}`,
      ];
}

/** Of a composite: how soon somebody is paged when one part alone fails wholly. */
export function partNotes({ objective, rules }: Compiled): string[] {
  const { parts = [], target } = objective;
  const weights = parts.reduce((sum, part) => sum + part.weight, 0);
  const pages = rules.filter(rule => rule.severity === 'page');
  return parts.map(part => {
    const burn = (part.weight / weights / budgetOf(part.target)) * budgetOf(target);
    const page = fastest(pages, { errorRatio: Math.min(burn, 1) });
    const when = page === undefined ? 'pages nobody' : `pages after ${humanDuration(page.ms)}`;
    return `All of ${part.id} (weight ${part.weight}) failing alone ${when}.`;
  });
}

/** The table, 80 columns. */
export function proofText(proof: Proof): string {
  const when = (one: ProofRow['page']) => (one === null ? 'never' : humanDuration(one.ms));
  const lines = proof.rows.map(
    row =>
      `  ${row.outage.padEnd(32)} ${when(row.page).padEnd(12)} ${when(row.ticket).padEnd(13)} ${row.budgetGone === null ? '–' : sharePercent(row.budgetGone)}`,
  );
  const traffic =
    proof.eventsPerSecond === null
      ? 'traffic not known'
      : proof.eventsPerSecond >= 1
        ? `${Number(proof.eventsPerSecond.toPrecision(2))} events a second`
        : `an event every ${formatDuration(milliseconds(Math.round(1 / proof.eventsPerSecond) * 1000))}`;
  const state = proof.silent ? 'pages nobody, as declared' : proof.able ? 'able to page' : 'NOT able to page';
  return [
    ...wrapped(`${proof.objective}: ${state} (${traffic})`),
    `  ${'OUTAGE'.padEnd(32)} ${'PAGE AFTER'.padEnd(12)} ${'TICKET AFTER'.padEnd(13)} BUDGET GONE`,
    ...lines,
    ...proof.problems.flatMap(problem => item('!', problem)),
    ...proof.notes.flatMap(note => item('·', note)),
  ].join('\n');
}

/** A sentence behind its mark, over as many lines as it takes. */
export function item(mark: string, text: string): string[] {
  return wrapped(text, 4).map((line, index) => (index === 0 ? `  ${mark} ${line.trimStart()}` : line));
}
