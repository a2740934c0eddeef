import { humanDuration } from '../kernel/index.ts';
import { bar } from './chart.ts';
import type { Forecast } from './forecast.ts';
import type { Ledger, LedgerCause } from './ledger.ts';
import { overrideText } from './override.ts';
import { sharePercent, wrapped } from './text.ts';

const MOST_CAUSES = 12;
const MOST_OVERRIDES = 5;

/** Says by an ellipsis that a title goes on. */
function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** The ledger, 80 columns. */
export function ledgerText(ledger: Ledger): string {
  const { status, earlier, days, causes, unexplained, corrections, forecast, notes, overrides } = ledger;
  const head = `${status.displayName}: ${sharePercent(status.target)} over ${status.window}, a budget of ${humanDuration(status.budgetMinutes * 60_000)}`;
  if (status.budgetConsumed === undefined || status.budgetRemaining === undefined)
    return [head, ...wrapped(`Nothing is known: ${status.reason ?? 'there is no data'}.`)].join('\n');
  const minutes = (share: number) => humanDuration(share * status.budgetMinutes * 60_000);
  const most = Math.max(...days.map(day => day.consumed ?? 0), 1e-9);
  return [
    head,
    `Consumed ${sharePercent(status.budgetConsumed)} (${minutes(status.budgetConsumed)}), left ${sharePercent(status.budgetRemaining)}.`,
    '',
    'By day (UTC)    consumed                                left',
    ...(earlier === undefined || days[0] === undefined
      ? []
      : [
          `  before      ${sharePercent(earlier).padStart(8)}  ${''.padEnd(24)} ${sharePercent(1 - earlier).padStart(8)}`,
        ]),
    ...days.map(({ date, consumed, left }) =>
      consumed === null
        ? `  ${date}    no data`
        : `  ${date} ${sharePercent(consumed).padStart(8)}  ${bar(consumed / most, 24)} ${sharePercent(left ?? 0).padStart(8)}`,
    ),
    '',
    'By cause: share of the budget, as time of a full outage',
    ...(causes.length === 0 ? ['  Nothing is recorded in this window.'] : []),
    ...causes
      .slice(0, MOST_CAUSES)
      .flatMap(cause => [
        `  ${sharePercent(cause.charged).padStart(8)}  ${minutes(cause.charged).padStart(12)}  ${cut(`${cause.kind} ${cause.title}`, 54)}`,
        `            ${cut(`${cause.from.slice(5, 16).replace('T', ' ')} UTC, ${humanDuration(Date.parse(cause.to) - Date.parse(cause.from))}${cause.causedBy === undefined ? '' : `; ${sharePercent(cause.burned)} burned, charged to ${cause.causedBy}`}`, 68)}`,
      ]),
    ...(causes.length > MOST_CAUSES ? [`  and ${causes.length - MOST_CAUSES} more`] : []),
    `  ${sharePercent(unexplained).padStart(8)}  ${minutes(unexplained).padStart(12)}  without a recorded cause`,
    ...dearest(causes[0], status.budgetMinutes),
    ...(corrections.length === 0
      ? []
      : [
          '',
          'Does not count: what it would have cost',
          ...(corrections.length > MOST_CAUSES
            ? [`  and ${corrections.length - MOST_CAUSES} earlier times`]
            : []),
          ...corrections
            .slice(-MOST_CAUSES)
            .map(
              one =>
                `  ${sharePercent(one.saved).padStart(8)}  ${one.from.slice(5, 16).replace('T', ' ')} UTC  ${cut(`${one.category.replaceAll('_', ' ')}: ${one.reason}`, 47)}`,
            ),
        ]),
    '',
    ...forecastText(forecast),
    ...notes.flatMap(note => wrapped(note, 2)),
    ...(overrides.length === 0 ? [] : ['', 'Overrides of the gate']),
    ...overrides.slice(0, MOST_OVERRIDES).map(one => overrideText(one, one.state)),
    ...(overrides.length > MOST_OVERRIDES
      ? [`  and ${overrides.length - MOST_OVERRIDES} more: nines slo overrides --service ${status.service}`]
      : []),
  ].join('\n');
}

/** In words, what the dearest cause took: "this deploy burned 8 h of the budget". */
function dearest(cause: LedgerCause | undefined, budgetMinutes: number): string[] {
  if (cause === undefined || cause.charged * budgetMinutes < 1 / 60) return [];
  const what = { deploy: 'This deploy', incident: 'This incident', maintenance: 'This maintenance' }[
    cause.kind
  ];
  const took = humanDuration(cause.charged * budgetMinutes * 60_000);
  return ['', ...wrapped(`The dearest: ${cut(cause.title, 80)}. ${what} burned ${took} of the budget.`)];
}

function forecastText({ state, early, likely, late, horizon, share, basis }: Forecast): string[] {
  const day = (at: string | undefined) =>
    at === undefined ? 'later' : `${at.slice(0, 16).replace('T', ' ')}`;
  const says = {
    exhausted: ['The budget is spent.'],
    will_last: [`It lasts until ${day(horizon)} UTC, as far as the past tells.`],
    may_exhaust: [
      `It may be gone by ${day(early)} UTC: in ${sharePercent(share)} of the futures`,
      `  until ${day(horizon)} UTC.`,
    ],
    will_exhaust: [
      `It will be gone about ${day(likely ?? early)} UTC,`,
      late === undefined
        ? `  not before ${day(early)} UTC; in ${sharePercent(1 - share)} of the futures it lasts until ${day(horizon)} UTC.`
        : `  between ${day(early)} and ${day(late)} UTC.`,
    ],
    no_data: [`Nothing can be forecast: ${basis}.`],
  }[state];
  const [first, ...rest] = says;
  const because = state === 'exhausted' || state === 'no_data' ? [] : basis.split('; ');
  return [
    `Forecast: ${first}`,
    ...rest.flatMap(line => wrapped(line, 2)),
    ...because.map(
      (part, index) => `  ${index === 0 ? 'From ' : ''}${part}${index === because.length - 1 ? '.' : ';'}`,
    ),
  ];
}
