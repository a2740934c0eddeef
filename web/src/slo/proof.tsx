import { Alert, Group, List, Table, Text } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { milliseconds, percent } from '../figure.ts';
import { Icon } from '../icon.tsx';
import { Section } from '../section.tsx';

/** How soon an outage of each size would page somebody: that the rules are able to. */
export function Proof({ id }: { id: string }) {
  const asked = useOperation('slo.prove', { id }, { everyMs: 300_000 });
  return (
    <Section title="Able to page" icon="shield">
      <Answer query={asked} height={160}>
        {({ proofs }) =>
          proofs.map(({ objective, able, silent, rows, problems, notes }) => (
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
              <Table.ScrollContainer minWidth={420}>
                <Table fz="sm" verticalSpacing={6}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>If this much is bad</Table.Th>
                      <Table.Th>Somebody is paged</Table.Th>
                      <Table.Th>A ticket comes</Table.Th>
                      <Table.Th ta="right">Budget gone by then</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {rows.map(row => (
                      <Table.Tr key={row.outage}>
                        <Table.Td>{row.outage}</Table.Td>
                        <Table.Td>
                          {row.page === null ? 'never' : `after ${milliseconds(row.page.ms)}`}
                        </Table.Td>
                        <Table.Td>
                          {row.ticket === null ? 'never' : `after ${milliseconds(row.ticket.ms)}`}
                        </Table.Td>
                        <Table.Td ta="right">
                          {row.budgetGone === null ? '–' : percent(row.budgetGone)}
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
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
