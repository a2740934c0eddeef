import { Button, Text } from '@mantine/core';
import { useState } from 'react';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { QueryProblem } from '../explore/query-problem.tsx';
import { lengthOf, type Range, rangeParams, refreshMs } from '../explore/range.ts';
import { Nothing } from '../nothing.tsx';
import { Around } from './around.tsx';
import styles from './line.module.css';
import { Line } from './line.tsx';
import { filterOf, type LogRecord, type LogSearch, narrowed } from './log.ts';

const LIMITS = [100, 500, 2000] as const;
const DAY_MS = 86_400_000;

/** The newest lines that agree with the search. */
export function Lines({
  search,
  range,
  onQuery,
}: {
  search: LogSearch;
  range: Range;
  onQuery(query: string): void;
}) {
  const [more, setMore] = useState(0);
  const [around, setAround] = useState<LogRecord>();
  const limit = LIMITS[more] ?? LIMITS[0];
  const asked = useOperation(
    'logs.search',
    { ...filterOf(search), ...rangeParams(range), limit },
    { everyMs: refreshMs(range) },
  );
  if (asked.error !== null && asked.data === undefined)
    return <QueryProblem query={search.query} error={asked.error} />;
  return (
    <Answer query={asked} height={300}>
      {({ logs }) =>
        logs.length === 0 ? (
          <Nothing
            icon="question"
            what="No line agrees with this in the window."
            next="Look at a longer window, or check that the service sends logs (OpenTelemetry, /v1/logs)."
          />
        ) : (
          <>
            <ol className={styles.lines} aria-label="Lines">
              {logs.map(record => (
                <Line
                  key={record.id}
                  record={record}
                  dated={lengthOf(range) > DAY_MS}
                  onNarrow={(field, value, without) => onQuery(narrowed(search.query, field, value, without))}
                  onAround={setAround}
                />
              ))}
            </ol>
            {logs.length === limit &&
              (more < LIMITS.length - 1 ? (
                <Button size="xs" variant="default" mt="sm" onClick={() => setMore(more + 1)}>
                  More lines
                </Button>
              ) : (
                <Text size="xs" c="dimmed" mt="sm">
                  These are the newest {limit}. Name more in the query, or look at a shorter window.
                </Text>
              ))}
            {around !== undefined && <Around record={around} onClose={() => setAround(undefined)} />}
          </>
        )
      }
    </Answer>
  );
}
