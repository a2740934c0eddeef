import { Group, Table, Text } from '@mantine/core';
import { times } from '../figure.ts';
import { Icon } from '../icon.tsx';
import { Section } from '../section.tsx';
import type { Slo } from './slo.ts';

/** How fast the budget goes down over each window. 1× uses it up exactly at the end of the objective's window. */
export function BurnRates({ slo: { burnRates, window } }: { slo: Slo }) {
  return (
    <Section title="Burn rate" icon="bolt">
      <Table fz="sm" verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Over the last</Table.Th>
            <Table.Th ta="right">Burns</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {burnRates.map(({ window: over, burnRate }) => (
            <Table.Tr key={over}>
              <Table.Td>{over}</Table.Td>
              <Table.Td style={{ fontVariantNumeric: 'tabular-nums' }}>
                <Group gap={6} justify="flex-end" wrap="nowrap">
                  {burnRate === null ? (
                    <Text size="sm" c="dimmed">
                      no data
                    </Text>
                  ) : (
                    <>
                      {burnRate > 1 && (
                        <Text component="span" c="orange" title="Faster than sustainable">
                          <Icon name="alert" size={14} />
                        </Text>
                      )}
                      <Text size="sm" fw={burnRate > 1 ? 700 : 400}>
                        {times(burnRate)}
                      </Text>
                    </>
                  )}
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="xs" c="dimmed" mt="xs">
        1× uses the budget up exactly in {window}; 10× in a tenth of it.
      </Text>
    </Section>
  );
}
