import { dateOf, humanDuration, timeOfDay } from '../kernel/index.ts';
import type { BudgetStatus, BurnDownPoint } from './budget-status.ts';
import { areaChart, bar } from './chart.ts';
import type { BrokenSlo } from './declared.ts';

const STATE: Record<BudgetStatus['state'], string> = {
  ok: 'ok',
  at_risk: 'at risk',
  exhausted: 'exhausted',
  no_data: 'no data',
};

/** `99.95 %`, with as many digits as matter near 100. */
export function sharePercent(share: number): string {
  const percent = Number((share * 100).toPrecision(12));
  if (percent >= 99 && percent < 100) {
    // Not all is never said to be all.
    const digits = percent >= 99.99 ? 4 : percent >= 99.9 ? 3 : 2;
    return `${Math.min(Number(percent.toFixed(digits)), 100 - 10 ** -digits)} %`;
  }
  return `${percent > 0 && percent < 1 ? Number(percent.toPrecision(2)) : Number(percent.toFixed(1))} %`;
}

export function times(rate: number): string {
  return `${rate >= 100 ? Math.round(rate) : Number(rate.toPrecision(2))}×`;
}

/** One line an objective, 80 columns. */
export function statusTable(statuses: readonly BudgetStatus[], broken: readonly BrokenSlo[]): string {
  if (statuses.length === 0 && broken.length === 0)
    return 'No SLO agrees, or none is declared yet: nines apply FOLDER.';
  const width = Math.min(Math.max(...statuses.map(one => one.objective.length), 9), 30);
  const head = `${'OBJECTIVE'.padEnd(width)} ${'STATE'.padEnd(9)} ${'TARGET'.padStart(8)} ${'SLI'.padStart(9)}  BUDGET LEFT${' '.repeat(7)}BURN`;
  const lines = statuses.map(status => {
    const left = status.budgetRemaining;
    const sli = status.sli === undefined ? '–' : sharePercent(status.sli);
    const budget = left === undefined ? '–'.padEnd(18) : `${bar(left, 10)} ${sharePercent(left).padStart(7)}`;
    return `${status.objective.slice(0, width).padEnd(width)} ${STATE[status.state].padEnd(9)} ${sharePercent(status.target).padStart(8)} ${sli.padStart(9)}  ${budget} ${nowBurn(status).padStart(6)}`;
  });
  const because = (known: boolean) =>
    statuses.flatMap(one =>
      one.reason === undefined || (one.state !== 'no_data') !== known
        ? []
        : wrapped(`${one.objective}: ${one.reason}`, 2),
    );
  const [unknown, old] = [because(false), because(true)];
  const problems = broken.flatMap(one => wrapped(one.problem, 2));
  return [
    head,
    ...lines,
    ...(unknown.length > 0 ? ['', 'Nothing is known of:', ...unknown] : []),
    ...(old.length > 0 ? ['', 'Nothing new is known of:', ...old] : []),
    ...(problems.length > 0 ? ['', 'These cannot be evaluated:', ...problems] : []),
  ].join('\n');
}

const WIDTH = 80;

/** Lines of at most 80 columns, each indented; a word that is longer is cut over lines. */
export function wrapped(text: string, indent = 0): string[] {
  const room = WIDTH - indent;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(Boolean))
    for (let at = 0; at < word.length; at += room) {
      const part = word.slice(at, at + room);
      if (line !== '' && line.length + 1 + part.length > room) {
        lines.push(line);
        line = part;
      } else line = line === '' ? part : `${line} ${part}`;
    }
  return [...lines, line].map(one => `${' '.repeat(indent)}${one}`);
}

function nowBurn({ burnRates, reason }: BudgetStatus): string {
  // A longer window has the burn of before.
  if (reason !== undefined) return '–';
  const shortest = burnRates.find(one => one.burnRate !== null);
  return shortest === undefined ? '–' : times(shortest.burnRate!);
}

/** An objective in words, and its burn by window. */
export function statusText(status: BudgetStatus): string {
  const { target, budgetMinutes, window, coverage } = status;
  const lines = [
    `${status.displayName} (${status.objective}), service ${status.service}`,
    `Target ${sharePercent(target)} over ${window}: a budget of ${humanDuration(budgetMinutes * 60_000)} of full outage.`,
  ];
  if (status.sli === undefined || status.budgetRemaining === undefined)
    lines.push(`State: no data. ${sentence(status.reason ?? 'Nothing is known.')}`);
  else {
    const { events } = status;
    const counted =
      events === undefined ? '' : `: ${whole(events.total - events.good)} of ${whole(events.total)} bad`;
    lines.push(
      `State: ${STATE[status.state]}. ${sharePercent(status.sli)} good${counted}.`,
      `Budget left: ${bar(status.budgetRemaining, 30)} ${sharePercent(status.budgetRemaining)}, ${humanDuration(Math.max(status.budgetRemaining, 0) * budgetMinutes * 60_000)}.`,
    );
    if (status.reason !== undefined) lines.push(...wrapped(`Now: no data. ${sentence(status.reason)}`));
    if (coverage < 0.995)
      lines.push(
        `Data covers ${sharePercent(coverage)} of the window; its events are estimated from that part.`,
      );
  }
  if (status.burnRates.length > 0) {
    lines.push('', 'Burn rate by window (1× uses up exactly the budget):');
    for (const { window: over, burnRate } of status.burnRates)
      lines.push(
        `  ${over.padStart(5)}  ${burnRate === null ? 'no data' : `${bar(Math.log2(1 + burnRate) / 6, 24)} ${times(burnRate)}`}`,
      );
  }
  return lines.join('\n');
}

/** The budget over time as a chart. */
export function burnDownText(points: readonly BurnDownPoint[]): string {
  if (points.length === 0) return 'There is no data to draw a burn-down from.';
  const shown = points.length <= 64 ? points : thinned(points, 64);
  const rows = areaChart(
    shown.map(point => point.budgetRemaining),
    { height: 6, label: sharePercent },
  );
  const first = points[0]!.at;
  const last = points.at(-1)!.at;
  const stamp = (at: string) =>
    dateOf(first) === dateOf(last) ? timeOfDay(at) : at.slice(0, 16).replace('T', ' ');
  return ['Budget left', ...rows, `from ${stamp(first)} to ${stamp(last)} UTC`].join('\n');
}

function thinned<T>(points: readonly T[], count: number): T[] {
  return Array.from(
    { length: count },
    (_, i) => points[Math.round((i * (points.length - 1)) / (count - 1))]!,
  );
}

function whole(count: number): string {
  return Math.round(count).toLocaleString('en');
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
