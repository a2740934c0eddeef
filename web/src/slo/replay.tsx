import { Text } from '@mantine/core';
import type { OutputOf } from '../api.ts';
import { type Column, DataTable } from '../data-table.tsx';
import { milliseconds, percent, target, times } from '../figure.ts';
import { span } from '../time.tsx';
import { SeverityBadge } from './severity.tsx';
import { windowWords } from './slo.ts';

export type Replay = OutputOf<'slo.backtest'>['declared'];
type Alerted = Replay['alerts'][number];

interface Figure {
  what: string;
  of(replay: Replay): string;
}

const FIGURES: readonly Figure[] = [
  { what: 'Promise', of: one => `${target(one.target)} over ${windowWords(one.window)}` },
  { what: 'Budget, as a full outage', of: one => milliseconds(one.budgetMinutes * 60_000) },
  { what: 'Of it used at the end', of: one => share(one.consumed) },
  { what: 'At most, in any window', of: one => share(one.worst) },
  { what: 'Pages', of: one => String(counted(one, 'page')) },
  { what: 'Tickets', of: one => String(counted(one, 'ticket')) },
];

/** What an objective would have done, beside what it did. */
export function ReplayFigures({ declared, changed }: { declared: Replay; changed?: Replay | undefined }) {
  return (
    <DataTable
      label="Replay"
      columns={[
        { key: 'what', head: '', least: 90, cell: ({ what }) => what },
        { key: 'declared', head: 'As declared', cell: ({ of }) => of(declared) },
        ...(changed === undefined
          ? []
          : [
              {
                key: 'changed',
                head: 'Changed',
                cell: ({ of }: Figure) => (
                  <Text span size="sm" fw={of(declared) === of(changed) ? 400 : 700}>
                    {of(changed)}
                  </Text>
                ),
              },
            ]),
      ]}
      rows={FIGURES}
      keyOf={({ what }) => what}
      minWidth={280}
    />
  );
}

const SHOWN = 60;

/** Every page and ticket of one or two replays, the newest first. */
export function ReplayedAlerts({
  from,
  to,
  replays,
}: {
  from: string;
  to: string;
  replays: readonly { title: string; replay: Replay }[];
}) {
  const all = replays
    .flatMap(({ title, replay }) => replay.alerts.map(alert => ({ ...alert, title })))
    .toSorted((a, b) => b.from.localeCompare(a.from));
  if (all.length === 0)
    return (
      <Text size="sm" c="dimmed">
        Nobody would have been paged from {from.slice(0, 10)} to {to.slice(0, 10)}, and no ticket made.
      </Text>
    );
  const columns: readonly Column<Alerted & { title: string }>[] = [
    {
      key: 'does',
      head: 'Does',
      width: 96,
      cell: ({ severity }) => <SeverityBadge severity={severity} />,
    },
    ...(replays.length > 1
      ? [
          {
            key: 'title',
            head: 'Objective',
            cell: ({ title }: { title: string }) => (
              <Text span size="sm" {...(title === 'changed' ? { fw: 600 } : { c: 'dimmed' })}>
                {title}
              </Text>
            ),
          },
        ]
      : []),
    { key: 'from', head: 'From (UTC)', cell: one => one.from.slice(0, 16).replace('T', ' ') },
    { key: 'long', head: 'For', figure: true, cell: one => lasted(one) },
    { key: 'burn', head: 'Burned up to', figure: true, cell: one => times(one.burnRate) },
    { key: 'rule', head: 'Rule', from: 'sm', cell: one => one.rule.split(':').slice(1).join(' ') },
  ];
  return (
    <>
      <DataTable
        label="Alerts of the replay"
        columns={columns}
        rows={all.slice(0, SHOWN)}
        keyOf={one => `${one.title}/${one.rule}/${one.from}`}
        minWidth={290}
      />
      {all.length > SHOWN && (
        <Text size="xs" c="dimmed">
          {all.length - SHOWN} older ones are not shown.
        </Text>
      )}
    </>
  );
}

/** In a few words, where there is no place for a table. */
export function alertCounts(replay: Replay): string {
  const pages = counted(replay, 'page');
  const tickets = counted(replay, 'ticket');
  return `${pages} ${pages === 1 ? 'page' : 'pages'} and ${tickets} ${tickets === 1 ? 'ticket' : 'tickets'}`;
}

function counted({ alerts }: Replay, severity: Alerted['severity']): number {
  return alerts.filter(one => one.severity === severity).length;
}

/** Times are known to a step only: what began and ended in one was shorter. */
function lasted({ from, to }: Alerted): string {
  return from === to ? 'a step' : span(from, to);
}

function share(value: number | null): string {
  return value === null ? 'not known' : percent(value);
}
