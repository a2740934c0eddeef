import { Anchor, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { milliseconds, percent, perSecond } from '../figure.ts';

const SECONDS = 300;
const SHOWN = 6;

/** What takes most of a service's time, each with a trace that shows it. */
export function Operations({ service }: { service: string }) {
  const asked = useOperation('traces.operations', { service, last: '5m', limit: SHOWN }, { everyMs: 10_000 });
  return (
    <Answer query={asked} height={120}>
      {({ operations }) =>
        operations.length === 0 ? null : (
          <div>
            <Text size="xs" c="dimmed" mb={4}>
              What takes its time
            </Text>
            <Table fz="xs" verticalSpacing={4} layout="fixed">
              <Table.Tbody>
                {operations.map(one => (
                  <Table.Tr key={`${one.kind}${one.operation}${one.statement ?? ''}${one.peer ?? ''}`}>
                    <Table.Td
                      style={{ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}
                      title={one.statement ?? one.operation}
                    >
                      {one.exampleTraceId === undefined ? (
                        (one.statement ?? one.operation)
                      ) : (
                        <Anchor component={Link} href={`/traces/${one.exampleTraceId}`} inherit>
                          {one.statement ?? one.operation}
                        </Anchor>
                      )}
                    </Table.Td>
                    <Table.Td w={64} ta="right">
                      {perSecond(one.count / SECONDS)}
                    </Table.Td>
                    <Table.Td w={88} ta="right" style={{ whiteSpace: 'nowrap' }}>
                      {one.errors === 0 ? '' : `${percent(one.errors / one.count)} err`}
                    </Table.Td>
                    <Table.Td w={72} ta="right">
                      {milliseconds(one.p99Ms)}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
        )
      }
    </Answer>
  );
}
