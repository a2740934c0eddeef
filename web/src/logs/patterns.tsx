import { Table, Text } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { QueryProblem } from '../explore/query-problem.tsx';
import { type Range, rangeParams, refreshMs } from '../explore/range.ts';
import { count } from '../figure.ts';
import { Nothing } from '../nothing.tsx';
import { Kind } from './kind.tsx';
import { filterOf, type LogSearch } from './log.ts';

/** What kinds of lines there are, the most frequent first. */
export function Patterns({ search, range }: { search: LogSearch; range: Range }) {
  const asked = useOperation(
    'logs.patterns',
    { ...filterOf(search), ...rangeParams(range), limit: 100 },
    { everyMs: refreshMs(range) },
  );
  if (asked.error !== null && asked.data === undefined)
    return <QueryProblem query={search.query} error={asked.error} />;
  return (
    <Answer query={asked} height={300}>
      {({ patterns }) =>
        patterns.length === 0 ? (
          <Nothing icon="question" what="No line agrees with this in the window." />
        ) : (
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
                      <Kind kind={one} range={range} />
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
        )
      }
    </Answer>
  );
}
