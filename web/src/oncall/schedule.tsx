import { Table, Text } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { Section } from '../section.tsx';

const DAYS = 14;

/** The shifts of a schedule over the next two weeks. */
export function Schedule({ name }: { name: string }) {
  const asked = useOperation('oncall.schedule', { schedule: name, days: DAYS }, { everyMs: 300_000 });
  return (
    <Section title={`${name}: next ${DAYS} days`} icon="clock">
      <Answer query={asked} height={140}>
        {({ shifts }) => (
          <Table.ScrollContainer minWidth={380}>
            <Table fz="sm" verticalSpacing={6}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>From (UTC)</Table.Th>
                  <Table.Th>Until</Table.Th>
                  <Table.Th>Layer</Table.Th>
                  <Table.Th>Who</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {shifts
                  .toSorted((a, b) => a.from.localeCompare(b.from))
                  .slice(0, 30)
                  .map(shift => (
                    <Table.Tr key={`${shift.from}${shift.layer}`}>
                      <Table.Td style={{ whiteSpace: 'nowrap' }}>{minute(shift.from)}</Table.Td>
                      <Table.Td style={{ whiteSpace: 'nowrap' }}>{minute(shift.until)}</Table.Td>
                      <Table.Td>{shift.layer}</Table.Td>
                      <Table.Td>
                        <Text size="sm" fw={500} style={{ overflowWrap: 'anywhere' }}>
                          {shift.person}
                          {shift.override === undefined ? '' : ' (override)'}
                        </Text>
                      </Table.Td>
                    </Table.Tr>
                  ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Answer>
    </Section>
  );
}

function minute(at: string): string {
  return at.slice(5, 16).replace('T', ' ');
}
