import { Alert, Group, List, Text } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { type OutputOf, useOperation } from '../api.ts';
import { type Column, DataTable } from '../data-table.tsx';
import { milliseconds, percent, perSecond } from '../figure.ts';
import { Icon } from '../icon.tsx';
import { Section } from '../section.tsx';

type Row = OutputOf<'slo.prove'>['proofs'][number]['rows'][number];

const COLUMNS: readonly Column<Row>[] = [
  { key: 'outage', head: 'If this much is bad', cell: ({ outage }) => outage },
  {
    key: 'page',
    head: 'Somebody is paged',
    cell: ({ page }) => (page === null ? 'never' : `after ${milliseconds(page.ms)}`),
  },
  {
    key: 'ticket',
    head: 'A ticket comes',
    cell: ({ ticket }) => (ticket === null ? 'never' : `after ${milliseconds(ticket.ms)}`),
  },
  {
    key: 'gone',
    head: 'Budget gone by then',
    figure: true,
    from: 'sm',
    cell: ({ budgetGone }) => (budgetGone === null ? '–' : percent(budgetGone)),
  },
];

/** Whether the rules of an objective are able to page. */
export function useProof(id: string) {
  return useOperation('slo.prove', { id }, { everyMs: 300_000 });
}

/** How soon an outage of each size would page somebody: that the rules are able to. */
export function Proof({ id }: { id: string }) {
  const asked = useProof(id);
  return (
    <Section title="Time to page" icon="shield">
      <Answer query={asked} height={160}>
        {({ proofs }) =>
          proofs.map(({ objective, able, silent, eventsPerSecond, rows, problems, notes }) => (
            <div key={objective}>
              <Group
                gap={6}
                mb="xs"
                wrap="nowrap"
                c={`light-dark(var(--mantine-color-${able ? 'teal' : 'orange'}-9), var(--mantine-color-${able ? 'teal' : 'orange'}-4))`}
              >
                <Icon name={able ? 'check' : 'alert'} />
                <Text size="sm" fw={600}>
                  {able
                    ? 'A whole outage pages, and its series are there.'
                    : silent
                      ? 'It raises no alert, as it was declared: another objective must page.'
                      : 'It is not able to page.'}
                </Text>
              </Group>
              {problems.length > 0 && (
                <Alert color="orange" p="sm" mb="sm">
                  <List size="sm">
                    {problems.map(one => (
                      <List.Item key={one}>{one}</List.Item>
                    ))}
                  </List>
                </Alert>
              )}
              <DataTable
                label="Time to page"
                columns={COLUMNS}
                rows={rows}
                keyOf={row => row.outage}
                minWidth={290}
              />
              <Text size="xs" c="dimmed" mt={4}>
                {eventsPerSecond === null
                  ? 'How many events come is not known: the guard for low traffic is left out.'
                  : `Reckoned from the rules, at ${perSecond(eventsPerSecond)} as over the last hour.`}
              </Text>
              {notes.map(note => (
                <Text key={note} size="xs" c="dimmed">
                  {note}
                </Text>
              ))}
            </div>
          ))
        }
      </Answer>
    </Section>
  );
}
