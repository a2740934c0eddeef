import { Anchor, Group, List, Progress, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { Answer } from '../answer.tsx';
import { type OutputOf, useOperation } from '../api.ts';
import { TimeChart } from '../chart/time-chart.tsx';
import { type Column, DataTable } from '../data-table.tsx';
import { milliseconds, percent } from '../figure.ts';
import { Icon, type IconName } from '../icon.tsx';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { span } from '../time.tsx';

type LedgerAnswer = OutputOf<'slo.ledger'>;
type Cause = LedgerAnswer['causes'][number];

const KINDS: Record<Cause['kind'], { icon: IconName; words: string }> = {
  incident: { icon: 'alert', words: 'Incident' },
  deploy: { icon: 'flag', words: 'Change' },
  maintenance: { icon: 'wrench', words: 'Maintenance' },
};
const SHOWN = 12;
const DAY_MS = 86_400_000;
/** How often the ledger is asked again, in ms. */
export const LEDGER_MS = 60_000;

/** What the budget went on, by cause and by day. */
export function Ledger({ id }: { id: string }) {
  const asked = useOperation('slo.ledger', { id }, { everyMs: LEDGER_MS });
  return (
    <Section title="What the budget went on" icon="document">
      <Answer query={asked} height={260}>
        {ledger =>
          ledger.status.budgetConsumed === undefined ? (
            <Nothing
              icon="question"
              what={`Nothing is known: ${ledger.status.reason ?? 'there is no data in the window'}.`}
            />
          ) : (
            <Stack gap="md">
              <Causes ledger={ledger} />
              <Days ledger={ledger} />
              <Corrections ledger={ledger} />
              {ledger.notes.map(note => (
                <Text key={note} size="xs" c="dimmed">
                  {note}
                </Text>
              ))}
            </Stack>
          )
        }
      </Answer>
    </Section>
  );
}

/** What the budget went on, or what no recorded cause explains. */
type Charge = { cause?: Cause; share: number; minutes: number };

function Causes({ ledger: { causes, unexplained, status } }: { ledger: LedgerAnswer }) {
  const consumed = Math.max(status.budgetConsumed ?? 0, 1e-9);
  const charges: Charge[] = [
    ...causes.slice(0, SHOWN).map(cause => ({ cause, share: cause.charged, minutes: cause.minutes })),
    { share: unexplained, minutes: unexplained * status.budgetMinutes },
  ];
  return (
    <div>
      <DataTable
        label="Budget by cause"
        columns={CHARGE_COLUMNS(consumed)}
        rows={charges}
        keyOf={({ cause }) => (cause === undefined ? 'rest' : `${cause.kind}${cause.id}`)}
        minWidth={280}
      />
      {causes.length > SHOWN && (
        <Text size="xs" c="dimmed">
          {causes.length - SHOWN} cheaper ones are not shown.
        </Text>
      )}
    </div>
  );
}

const CHARGE_COLUMNS = (consumed: number): readonly Column<Charge>[] => [
  {
    key: 'cause',
    head: 'Cause',
    least: 150,
    cell: ({ cause }) =>
      cause === undefined ? (
        <Text size="sm" c="dimmed">
          Without a recorded cause
        </Text>
      ) : (
        <CauseWords cause={cause} />
      ),
  },
  { key: 'budget', head: 'Budget', figure: true, cell: ({ share }) => percent(share) },
  {
    key: 'outage',
    head: 'As an outage',
    title: 'How long a full outage costs as much',
    figure: true,
    from: 'sm',
    cell: ({ minutes }) => milliseconds(minutes * 60_000),
  },
  {
    key: 'part',
    head: 'Of what is spent',
    width: 130,
    from: 'lg',
    cell: ({ share }) => (
      <Progress
        value={Math.min(100, (100 * share) / consumed)}
        color="orange.6"
        aria-label={`${percent(share / consumed)} of what is spent`}
      />
    ),
  },
];

function CauseWords({ cause: { kind, id, title, from, to, burned, causedBy } }: { cause: Cause }) {
  const { icon, words } = KINDS[kind];
  return (
    <Group gap={8} wrap="nowrap" align="flex-start">
      <Text component="span" c="dimmed" mt={2}>
        <Icon name={icon} size={14} />
      </Text>
      <div style={{ minWidth: 0, overflowWrap: 'anywhere' }}>
        {kind === 'incident' ? (
          <Anchor component={Link} href={`/incidents/${id}`} size="sm">
            {title}
          </Anchor>
        ) : (
          <Text size="sm">{title}</Text>
        )}
        <Text size="xs" c="dimmed">
          {words}, {from.slice(5, 16).replace('T', ' ')} UTC, for {span(from, to)}
          {causedBy === undefined ? '' : `; ${percent(burned)} burned, charged to ${causedBy}`}
        </Text>
      </div>
    </Group>
  );
}

function Days({ ledger: { days, status } }: { ledger: LedgerAnswer }) {
  if (days.length < 2) return null;
  const first = Date.parse(`${days[0]!.date}T00:00:00Z`);
  return (
    <div>
      <TimeChart
        label="Budget spent by day"
        series={[
          {
            key: 'spent',
            label: 'spent',
            color: 'orange.6',
            shape: 'bar',
            // A bar stands about the middle of its day.
            points: days.map(({ date, consumed }) => ({
              t: Date.parse(`${date}T12:00:00Z`),
              v: consumed,
            })),
          },
        ]}
        height={120}
        format={percent}
        from={first}
        to={Math.max(Date.parse(`${days.at(-1)!.date}T00:00:00Z`) + DAY_MS, Date.parse(status.at))}
      />
      <Text size="xs" c="dimmed">
        Spent by day (UTC). A day without a bar spent nothing, or has no data:{' '}
        {days.filter(({ consumed }) => consumed === null).length} of {days.length} have none.
      </Text>
    </div>
  );
}

function Corrections({ ledger: { corrections } }: { ledger: LedgerAnswer }) {
  if (corrections.length === 0) return null;
  return (
    <div>
      <Text size="sm" fw={600} mb={4}>
        Does not count
      </Text>
      <List size="sm" spacing={2}>
        {corrections.slice(-SHOWN).map(one => (
          <List.Item key={`${one.correction}${one.from}`}>
            {percent(one.saved)} at {one.from.slice(5, 16).replace('T', ' ')} UTC, for{' '}
            {span(one.from, one.to)}: {one.category.replaceAll('_', ' ')}, {one.reason}
          </List.Item>
        ))}
      </List>
    </div>
  );
}
