import { Anchor, Group, Progress, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import { milliseconds } from '../figure.ts';
import { Section } from '../section.tsx';
import { type Bottleneck, whatWords } from './bottleneck.ts';

const SHOWN = 12;

/** What requests waited for, what adds most time to the slow ones first. */
export function CriticalPath({ found: { criticalPath, slow } }: { found: Bottleneck }) {
  if (criticalPath.length === 0) return null;
  const compared = slow.lookedAt > 0;
  return (
    <Section title="What requests wait for" icon="clock">
      <Table.ScrollContainer minWidth={620}>
        <Table fz="sm" verticalSpacing={6} aria-label="Critical path">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Own time on the critical path</Table.Th>
              <Table.Th w={170}>Of the added time</Table.Th>
              <Table.Th ta="right">Slow</Table.Th>
              <Table.Th ta="right">Others</Table.Th>
              <Table.Th ta="right">Calls</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {criticalPath.slice(0, SHOWN).map(one => (
              <Table.Tr
                key={`${one.service}${one.operation}${one.kind}${one.statement ?? ''}${one.peer ?? ''}`}
              >
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  <Text span fw={600} size="sm">
                    {one.service}
                  </Text>{' '}
                  <Anchor
                    component={Link}
                    href={`/traces/${one.exampleTraceId}`}
                    size="sm"
                    title="Open an example"
                  >
                    {whatWords(one)}
                  </Anchor>
                </Table.Td>
                <Table.Td>
                  {compared ? (
                    <Group gap={8} wrap="nowrap">
                      <Progress
                        value={Math.max(0, Math.min(100, one.addedShare * 100))}
                        color={one.addedShare >= 0.5 ? 'orange.6' : 'cyan.6'}
                        aria-label={`${Math.round(one.addedShare * 100)} % of the added time`}
                        style={{ flex: 1 }}
                      />
                      <Text
                        size="sm"
                        ta="right"
                        miw={48}
                        style={{ whiteSpace: 'nowrap' }}
                        fw={one.addedShare >= 0.5 ? 700 : 400}
                      >
                        {Math.round(one.addedShare * 100)} %
                      </Text>
                    </Group>
                  ) : (
                    '–'
                  )}
                </Table.Td>
                <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
                  {compared ? milliseconds(one.slowSelfMs) : '–'}
                </Table.Td>
                <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
                  {milliseconds(one.restSelfMs)}
                </Table.Td>
                <Table.Td ta="right">{Number(one.callsPerRequest.toPrecision(2))}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {criticalPath.length > SHOWN && (
        <Text size="xs" c="dimmed" mt="xs">
          {criticalPath.length - SHOWN} more with less added time.
        </Text>
      )}
    </Section>
  );
}
