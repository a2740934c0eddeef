import { humanDuration } from '../kernel/index.ts';
import { bar } from './chart.ts';
import type { Forecast } from './forecast.ts';
import type { Ledger } from './ledger.ts';
import { sharePercent } from './text.ts';

const MOST_CAUSES = 12;

/** Says by an ellipsis that a title goes on. */
function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** The ledger, 80 columns. */
export function ledgerText(ledger: Ledger): string {
  const { status, days, causes, unexplained, corrections, forecast, notes } = ledger;
  const head = `${status.displayName}: ${sharePercent(status.target)} over ${status.window}, a budget of ${humanDuration(status.budgetMinutes * 60_000)}`;
  if (status.budgetConsumed === undefined || status.budgetRemaining === undefined)
    return `${head}\nNothing is known: ${status.reason ?? 'there is no data'}.`;
  const minutes = (share: number) => humanDuration(share * status.budgetMinutes * 60_000);
  const most = Math.max(...days.map(day => day.consumed ?? 0), 1e-9);
  return [
    head,
    `Consumed ${sharePercent(status.budgetConsumed)} (${minutes(status.budgetConsumed)}), left ${sharePercent(status.budgetRemaining)}.`,
    '',
    'By day (UTC)    consumed                                left',
    ...days.map(({ date, consumed, left }) =>
      consumed === null
        ? `  ${date}    no data`
        : `  ${date} ${sharePercent(consumed).padStart(8)}  ${bar(consumed / most, 24)} ${sharePercent(left ?? 0).padStart(8)}`,
    ),
    '',
    'By cause',
    ...(causes.length === 0 ? ['  Nothing is recorded in this window.'] : []),
    ...causes
      .slice(0, MOST_CAUSES)
      .flatMap(cause => [
        `  ${sharePercent(cause.charged).padStart(8)}  ${minutes(cause.charged).padStart(12)}  ${cut(`${cause.kind} ${cause.title}`, 54)}`,
        `            ${cut(`${cause.from.slice(5, 16).replace('T', ' ')} UTC, ${humanDuration(Date.parse(cause.to) - Date.parse(cause.from))}${cause.causedBy === undefined ? '' : `; ${sharePercent(cause.burned)} burned, charged to ${cause.causedBy}`}`, 68)}`,
      ]),
    ...(causes.length > MOST_CAUSES ? [`  and ${causes.length - MOST_CAUSES} more`] : []),
    `  ${sharePercent(unexplained).padStart(8)}  ${minutes(unexplained).padStart(12)}  without a recorded cause`,
    ...(corrections.length === 0
      ? []
      : [
          '',
          'Does not count',
          ...corrections
            .slice(-MOST_CAUSES)
            .map(
              one =>
                `  ${sharePercent(one.saved).padStart(8)}  ${one.from.slice(5, 16).replace('T', ' ')} UTC  ${cut(`${one.category.replaceAll('_', ' ')}: ${one.reason}`, 47)}`,
            ),
        ]),
    '',
    ...forecastText(forecast),
    ...notes.map(note => `  ${note}`),
  ].join('\n');
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
      `  between ${day(early)} and ${day(late)} UTC.`,
    ],
    no_data: ['Nothing can be forecast.'],
  }[state];
  const [first, ...rest] = says;
  const because = basis.split('; ');
  return [
    `Forecast: ${first}`,
    ...rest,
    ...because.map(
      (part, index) => `  ${index === 0 ? 'From ' : ''}${part}${index === because.length - 1 ? '.' : ';'}`,
    ),
  ];
}
