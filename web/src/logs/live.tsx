import { Badge, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { useOperation } from '../api.ts';
import { QueryProblem } from '../explore/query-problem.tsx';
import { count } from '../figure.ts';
import { Around } from './around.tsx';
import styles from './line.module.css';
import { Line } from './line.tsx';
import { filterOf, type LogRecord, type LogSearch, narrowed } from './log.ts';
import { MOST_LIVE, type Tail, useTail } from './tail.ts';

const STATES: Record<Exclude<Tail['state'], 'refused'>, { words: string; color: string }> = {
  connecting: { words: 'connecting', color: 'gray' },
  live: { words: 'following', color: 'teal.6' },
  lost: { words: 'connection lost', color: 'orange.6' },
};

/** The lines that arrive from now on, the newest first. */
export function Live({ search, onQuery }: { search: LogSearch; onQuery(query: string): void }) {
  const tail = useTail(search);
  const [around, setAround] = useState<LogRecord>();
  const refused = tail.state === 'refused';
  // A stream that is refused does not say why; the same question as a search does.
  const asked = useOperation('logs.search', { ...filterOf(search), limit: 1 }, { enabled: refused });
  if (tail.state === 'refused')
    return asked.error === null ? (
      <Text size="sm" role="alert">
        The server does not let this page follow the logs now. Search instead, or try again.
      </Text>
    ) : (
      <QueryProblem query={search.query} error={asked.error} />
    );
  const { words, color } = STATES[tail.state];
  return (
    <>
      <Group gap="sm" mb="sm" role="status">
        <Badge variant="dot" color={color}>
          {words}
        </Badge>
        <Text size="xs" c="dimmed">
          {tail.count === 0
            ? 'Waits for lines that agree with the search.'
            : `${count(tail.count)} ${tail.count === 1 ? 'line' : 'lines'} since it began${tail.count > MOST_LIVE ? `, the newest ${MOST_LIVE} shown` : ''}.`}
          {tail.left > 0 &&
            ` ${count(tail.left)} were left out, because too many came at once; name more in the query.`}
          {tail.state === 'lost' && ' It is tried again; what comes until then is not shown here.'}
        </Text>
      </Group>
      <ol className={styles.lines} aria-label="Lines">
        {tail.lines.map(record => (
          <Line
            key={record.id}
            record={record}
            onNarrow={(field, value, without) => onQuery(narrowed(search.query, field, value, without))}
            onAround={setAround}
          />
        ))}
      </ol>
      {around !== undefined && <Around record={around} onClose={() => setAround(undefined)} />}
    </>
  );
}
