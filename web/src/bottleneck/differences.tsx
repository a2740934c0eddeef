import { Table, Text } from '@mantine/core';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { type Bottleneck, shareOf } from './bottleneck.ts';

/** Attributes that slow requests have more often than the others. */
export function Differences({ found }: { found: Bottleneck }) {
  const { overRepresented, attributesTested, slow, verdict } = found;
  if (slow.lookedAt === 0 || verdict === 'too_few') return null;
  return (
    <Section title="What slow requests have more often" icon="search">
      {overRepresented.length === 0 ? (
        <Nothing what={`No attribute of ${attributesTested} tested sets slow requests apart.`} />
      ) : (
        <Table.ScrollContainer minWidth={460}>
          <Table fz="sm" verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Attribute</Table.Th>
                <Table.Th ta="right">Of the slow</Table.Th>
                <Table.Th ta="right">Of the others</Table.Th>
                <Table.Th ta="right">By chance</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {overRepresented.map(one => (
                <Table.Tr key={`${one.service}${one.key}${one.value}`}>
                  <Table.Td style={{ overflowWrap: 'anywhere' }}>
                    {one.service}{' '}
                    <Text span ff="monospace" size="sm">
                      {one.key}={one.value}
                    </Text>
                    {one.same.length > 0 && (
                      <Text size="xs" c="dimmed">
                        The same requests have {one.same.join(', ')}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td ta="right">{shareOf(one.slow, one.slowOf)}</Table.Td>
                  <Table.Td ta="right">{shareOf(one.rest, one.restOf)}</Table.Td>
                  <Table.Td ta="right">{one.p < 1e-6 ? '< 1e-6' : one.p.toPrecision(1)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Section>
  );
}
