import { Badge, Stack, Table, Text } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { type OutputOf, useOperation } from '../api.ts';
import { QueryProblem } from '../explore/query-problem.tsx';
import { type Range, rangeParams, refreshMs } from '../explore/range.ts';
import { count, times } from '../figure.ts';
import { Nothing } from '../nothing.tsx';
import { Kind } from './kind.tsx';
import { filterOf, type LogSearch } from './log.ts';

type Changed = OutputOf<'logs.surge'>['patterns'][number];

const STATES: Record<Changed['state'], { words: string; color: string }> = {
  new: { words: 'new', color: 'red' },
  surging: { words: 'surging', color: 'orange' },
  gone: { words: 'gone', color: 'gray' },
};

/** Kinds of lines that are new, surge or are gone, against the windows before. */
export function Surge({ search, range }: { search: LogSearch; range: Range }) {
  const asked = useOperation(
    'logs.surge',
    { ...filterOf(search), ...rangeParams(range) },
    { everyMs: refreshMs(range) },
  );
  if (asked.error !== null && asked.data === undefined)
    return <QueryProblem query={search.query} error={asked.error} />;
  return (
    <Answer query={asked} height={300}>
      {({ patterns, looked, unsure, comparedFrom, from, notes }) => (
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            Against {stamp(comparedFrom)} to {stamp(from)} UTC: {count(looked)} kinds of lines compared
            {unsure > 0 && `, of which ${count(unsure)} are too rare to tell a change from chance`}.
          </Text>
          {patterns.length === 0 ? (
            <Nothing icon="check" what="No kind of line is new, surges or is gone, as far as can be told." />
          ) : (
            <Table.ScrollContainer minWidth={560}>
              <Table fz="sm" verticalSpacing={6} aria-label="What changed">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>What they say</Table.Th>
                    <Table.Th ta="right">Before</Table.Th>
                    <Table.Th ta="right">Now</Table.Th>
                    <Table.Th ta="right">As often</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {patterns.map(one => (
                    <Table.Tr key={`${one.service}${one.level}${one.pattern}`}>
                      <Table.Td>
                        <Kind
                          kind={one}
                          range={one.state === 'gone' ? { from: comparedFrom, to: from } : range}
                        >
                          <Badge size="sm" variant="light" radius="sm" color={STATES[one.state].color}>
                            {STATES[one.state].words}
                          </Badge>
                        </Kind>
                      </Table.Td>
                      <Table.Td ta="right">{count(one.before)}</Table.Td>
                      <Table.Td ta="right">{count(one.after)}</Table.Td>
                      <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
                        {one.state === 'gone'
                          ? '–'
                          : one.ratio === undefined
                            ? `at least ${times(one.ratioLow)}`
                            : times(one.ratio)}
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )}
          {notes.map(note => (
            <Text key={note} size="xs" c="dimmed">
              {note}
            </Text>
          ))}
        </Stack>
      )}
    </Answer>
  );
}

function stamp(at: string): string {
  return at.slice(5, 16).replace('T', ' ');
}
