import { Badge, List, Table, Text } from '@mantine/core';
import { percent, times } from '../figure.ts';
import { Icon } from '../icon.tsx';
import { Section } from '../section.tsx';
import type { Rule } from './slo.ts';

/** What alerts: over which windows, how fast, and how soon a full outage would page. */
export function Rules({ rules, notes }: { rules: readonly Rule[]; notes: readonly string[] }) {
  return (
    <Section title="Alert rules" icon="bell">
      <Table.ScrollContainer minWidth={640}>
        <Table fz="sm" verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Does</Table.Th>
              <Table.Th>Windows</Table.Th>
              <Table.Th ta="right">Burns over</Table.Th>
              <Table.Th ta="right">Error ratio over</Table.Th>
              <Table.Th ta="right">Of the budget</Table.Th>
              <Table.Th ta="right">At least bad</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rules.map(rule => (
              <Table.Tr key={rule.id}>
                <Table.Td style={{ whiteSpace: 'nowrap' }}>
                  <Badge
                    miw="max-content"
                    variant="light"
                    radius="sm"
                    color={rule.severity === 'page' ? 'red' : 'gray'}
                    leftSection={<Icon name={rule.severity === 'page' ? 'bell' : 'document'} size={12} />}
                  >
                    {rule.severity}
                  </Badge>
                </Table.Td>
                <Table.Td>
                  {rule.kind === 'absolute'
                    ? `everything failed over ${rule.longWindow}`
                    : `${rule.longWindow} and ${rule.shortWindow}`}
                </Table.Td>
                <Table.Td ta="right">{times(rule.burnRate)}</Table.Td>
                <Table.Td ta="right">{percent(rule.threshold)}</Table.Td>
                <Table.Td ta="right">{rule.budgetShare === 0 ? '–' : percent(rule.budgetShare)}</Table.Td>
                <Table.Td ta="right">
                  {rule.minEvents}
                  {rule.minShortEvents > 0 && ` and ${rule.minShortEvents}`}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {notes.length > 0 && (
        <List size="xs" mt="xs" spacing={2}>
          {notes.map(note => (
            <List.Item key={note}>
              <Text size="xs" c="dimmed">
                {note}
              </Text>
            </List.Item>
          ))}
        </List>
      )}
    </Section>
  );
}
