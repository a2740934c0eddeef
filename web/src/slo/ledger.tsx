import { Anchor, Group, List, Progress, Stack, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import { Answer } from '../answer.tsx';
import { type OutputOf, useOperation } from '../api.ts';
import { TimeChart } from '../chart/time-chart.tsx';
import { milliseconds, percent } from '../figure.ts';
import { Icon, type IconName } from '../icon.tsx';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { span } from '../time.tsx';
import { forecastWords } from './forecast.ts';

type LedgerAnswer = OutputOf<'slo.ledger'>;
type Cause = LedgerAnswer['causes'][number];

const KINDS: Record<Cause['kind'], { icon: IconName; words: string }> = {
  incident: { icon: 'alert', words: 'Incident' },
  deploy: { icon: 'flag', words: 'Release' },
  maintenance: { icon: 'wrench', words: 'Maintenance' },
};
const SHOWN = 12;
const DAY_MS = 86_400_000;
const LEDGER_MS = 60_000;

/** What the budget went on, by cause and by day, and when it will be gone. */
export function Ledger({ id }: { id: string }) {
  const asked = useOperation('slo.ledger', { id }, { everyMs: LEDGER_MS });
  return (
    <Section title="What the budget went on" icon="document">
      <Answer query={asked} height={260}>
        {ledger =>
          ledger.status.budgetConsumed === undefined ? (
            <Nothing
              icon="question"
              what={ledger.status.reason ?? 'Nothing is known: there is no data in the window.'}
            />
          ) : (
            <Stack gap="md">
              <Forecast ledger={ledger} />
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

function Forecast({ ledger: { forecast } }: { ledger: LedgerAnswer }) {
  const bad = forecast.state === 'exhausted' || forecast.state === 'will_exhaust';
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <Text component="span" mt={2} c={bad ? 'orange' : 'dimmed'}>
        <Icon name={bad ? 'alert' : 'clock'} />
      </Text>
      <div>
        <Text size="sm" fw={600}>
          {forecastWords(forecast)}
        </Text>
        <Text size="xs" c="dimmed">
          From {forecast.basis}.
        </Text>
      </div>
    </Group>
  );
}

function Causes({ ledger: { causes, unexplained, status } }: { ledger: LedgerAnswer }) {
  const consumed = Math.max(status.budgetConsumed ?? 0, 1e-9);
  const row = (share: number, minutes: number) => (
    <>
      <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
        {percent(share)}
      </Table.Td>
      <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
        {milliseconds(minutes * 60_000)}
      </Table.Td>
      <Table.Td>
        <Progress
          value={Math.min(100, (100 * share) / consumed)}
          color="orange.6"
          aria-label={`${percent(share)} of the budget`}
        />
      </Table.Td>
    </>
  );
  return (
    <Table.ScrollContainer minWidth={480}>
      <Table fz="sm" verticalSpacing={6} aria-label="Budget by cause">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Cause</Table.Th>
            <Table.Th ta="right">Budget</Table.Th>
            <Table.Th ta="right" title="As a full outage of this length">
              Outage
            </Table.Th>
            <Table.Th w={130}>Of what is spent</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {causes.slice(0, SHOWN).map(cause => (
            <Table.Tr key={`${cause.kind}${cause.id}`}>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                <CauseWords cause={cause} />
              </Table.Td>
              {row(cause.charged, cause.minutes)}
            </Table.Tr>
          ))}
          <Table.Tr>
            <Table.Td>
              <Text size="sm" c="dimmed">
                Without a recorded cause
              </Text>
            </Table.Td>
            {row(unexplained, unexplained * status.budgetMinutes)}
          </Table.Tr>
        </Table.Tbody>
      </Table>
      {causes.length > SHOWN && (
        <Text size="xs" c="dimmed">
          {causes.length - SHOWN} cheaper ones are not shown.
        </Text>
      )}
    </Table.ScrollContainer>
  );
}

function CauseWords({ cause: { kind, id, title, from, to, burned, causedBy } }: { cause: Cause }) {
  const { icon, words } = KINDS[kind];
  return (
    <Group gap={8} wrap="nowrap" align="flex-start">
      <Text component="span" c="dimmed" mt={2} title={words}>
        <Icon name={icon} size={14} />
      </Text>
      <div style={{ minWidth: 0 }}>
        <Text size="sm">
          {words}{' '}
          {kind === 'incident' ? (
            <Anchor component={Link} href={`/incidents/${id}`} size="sm">
              {title}
            </Anchor>
          ) : (
            title
          )}
        </Text>
        <Text size="xs" c="dimmed">
          {from.slice(5, 16).replace('T', ' ')} UTC, for {span(from, to)}
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
