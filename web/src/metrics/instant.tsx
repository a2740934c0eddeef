import { Paper, Stack, Table, Text } from '@mantine/core';
import { useOperations } from '../api.ts';
import { QueryProblem } from '../explore/query-problem.tsx';
import { type Range, refreshMs } from '../explore/range.ts';
import { Nothing } from '../nothing.tsx';
import { Waiting } from '../waiting.tsx';
import { letterOf } from './query.ts';
import { nameOf } from './series.ts';

const MOST_ROWS = 500;

/** The queries' values at the end of the window. */
export function Instants({ queries, range }: { queries: readonly string[]; range: Range }) {
  const answers = useOperations(
    'telemetry.query',
    queries.map(query => ({ query, ...('to' in range ? { at: range.to } : {}) })),
    { everyMs: refreshMs(range) },
  );
  return (
    <Stack gap="sm">
      {answers.map(({ data, error }, index) => {
        const query = queries[index] ?? '';
        const title = `Values of query ${letterOf(index)}`;
        return (
          <Stack key={`${letterOf(index)}${query}`} gap="sm">
            {error !== null && <QueryProblem query={query} error={error} />}
            {data === undefined && error === null && <Waiting height={160} />}
            {data !== undefined && (
              <Paper withBorder p="md" component="section" aria-label={title}>
                <Text size="xs" c="dimmed" mb="xs" style={{ overflowWrap: 'anywhere' }}>
                  <Text span ff="monospace" size="xs">
                    {query}
                  </Text>{' '}
                  at {data.at.slice(0, 19).replace('T', ' ')} UTC
                </Text>
                {data.scalar !== undefined && (
                  <Text size="xl" fw={700}>
                    {String(data.scalar)}
                  </Text>
                )}
                {data.scalar === undefined && data.samples.length === 0 && (
                  <Nothing
                    icon="question"
                    what="No data: no series agrees with the query at this instant. That is not the same as zero."
                  />
                )}
                {data.samples.length > 0 && (
                  <Table.ScrollContainer minWidth={320} mah={560}>
                    <Table fz="sm" verticalSpacing={4} stickyHeader>
                      <Table.Thead>
                        <Table.Tr>
                          <Table.Th>Series</Table.Th>
                          <Table.Th ta="right">Value</Table.Th>
                        </Table.Tr>
                      </Table.Thead>
                      <Table.Tbody>
                        {data.samples.slice(0, MOST_ROWS).map(({ labels, value }) => (
                          <Table.Tr key={nameOf(labels)}>
                            <Table.Td ff="monospace" style={{ overflowWrap: 'anywhere' }}>
                              {nameOf(labels)}
                            </Table.Td>
                            <Table.Td ta="right" style={{ fontVariantNumeric: 'tabular-nums' }}>
                              {String(value)}
                            </Table.Td>
                          </Table.Tr>
                        ))}
                      </Table.Tbody>
                    </Table>
                  </Table.ScrollContainer>
                )}
                {data.samples.length > MOST_ROWS && (
                  <Text size="xs" c="dimmed">
                    {data.samples.length - MOST_ROWS} more are not shown.
                  </Text>
                )}
              </Paper>
            )}
          </Stack>
        );
      })}
    </Stack>
  );
}
