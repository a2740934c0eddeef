import { Badge, Code, Group, Stack, Table, Text } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { type Range, rangeParams, refreshMs } from '../explore/range.ts';
import { count } from '../figure.ts';
import { Nothing } from '../nothing.tsx';
import { colorOf, filterOf, type LogSearch } from './log.ts';

/** What kinds of lines there are, the most frequent first. */
export function Patterns({ search, range }: { search: LogSearch; range: Range }) {
  const { query: _query, ...filter } = filterOf(search);
  const asked = useOperation(
    'logs.patterns',
    { ...filter, ...rangeParams(range), limit: 100 },
    { everyMs: refreshMs(range) },
  );
  return (
    <Answer query={asked} height={300}>
      {({ patterns }) =>
        patterns.length === 0 ? (
          <Nothing icon="question" what="No line of this service and level is in the window." />
        ) : (
          <Stack gap="sm">
            {search.query.trim() !== '' && (
              <Text size="xs" c="dimmed">
                Kinds are counted over all lines of the service and level; the query is not applied to them.
              </Text>
            )}
            <Table.ScrollContainer minWidth={520}>
              <Table fz="sm" verticalSpacing={6} aria-label="Kinds of lines">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th ta="right" w={90}>
                      Lines
                    </Table.Th>
                    <Table.Th>What they say</Table.Th>
                    <Table.Th w={150}>Last</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {patterns.map(one => (
                    <Table.Tr key={`${one.service}${one.level}${one.pattern}`}>
                      <Table.Td ta="right">{count(one.count)}</Table.Td>
                      <Table.Td>
                        <Group gap={6} mb={2}>
                          <Badge size="xs" variant="dot" radius="sm" color={colorOf(one.level)}>
                            {one.level === '' ? 'no level' : one.level}
                          </Badge>
                          <Text size="xs" c="dimmed">
                            {one.service}
                          </Text>
                        </Group>
                        <Code style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
                          {one.pattern}
                        </Code>
                      </Table.Td>
                      <Table.Td>
                        <Text size="xs" ff="monospace">
                          {one.lastSeen.slice(5, 19).replace('T', ' ')}
                        </Text>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          </Stack>
        )
      }
    </Answer>
  );
}
