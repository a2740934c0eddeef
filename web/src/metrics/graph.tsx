import { Alert, Paper, Stack, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { useOperations } from '../api.ts';
import { TimeChart } from '../chart/time-chart.tsx';
import { QueryProblem } from '../explore/query-problem.tsx';
import { between, boundsOf, type Range, rangeParams, refreshMs, stepFor } from '../explore/range.ts';
import { short } from '../figure.ts';
import { Nothing } from '../nothing.tsx';
import { Waiting } from '../waiting.tsx';
import { Exemplars, sightsOf } from './exemplars.tsx';
import { Legend } from './legend.tsx';
import { letterOf } from './query.ts';
import { linesOf, MOST_LINES, nameOf } from './series.ts';

const POINTS = 240;
const HEIGHT = 300;
const MOST_EXEMPLARS = 50;

/** The queries over the window, as lines. */
export function Graph({
  queries,
  range,
  onZoom,
}: {
  queries: readonly string[];
  range: Range;
  onZoom(range: Range): void;
}) {
  const [, go] = useLocation();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [pointed, setPointed] = useState<string>();
  const step = stepFor(range, POINTS);
  const answers = useOperations(
    'telemetry.range',
    queries.map(query => ({ query, step, ...rangeParams(range) })),
    { everyMs: refreshMs(range) },
  );
  const known = queries.flatMap((query, index) => {
    const answer = answers[index]?.data;
    return answer === undefined ? [] : [{ letter: letterOf(index), query, answer }];
  });
  const newest = Math.max(0, ...answers.map(({ dataUpdatedAt }) => dataUpdatedAt));
  // biome-ignore lint/correctness/useExhaustiveDependencies: answers change with the newest of them.
  const drawn = useMemo(() => linesOf(known), [newest, queries]);
  const window = known[0]?.answer;
  const bounds =
    window === undefined
      ? boundsOf(range, Date.now())
      : { from: Date.parse(window.from), to: Date.parse(window.to) };
  const found = useOperations(
    'telemetry.exemplars',
    queries.map(query => ({ query, ...rangeParams(range), limit: MOST_EXEMPLARS })),
    { everyMs: refreshMs(range), enabled: known.length > 0 },
  ).map(({ data }) => data?.exemplars ?? []);
  const sights = sightsOf(found.flat());
  // Their values stand on the scale of what is drawn only where that is a quantile of the same observations.
  const onScale = sightsOf(
    found.flatMap((some, index) => (queries[index]?.includes('histogram_quantile') === true ? some : [])),
  );
  const warnings = [...new Set(known.flatMap(({ answer }) => answer.warnings))];
  const waiting = answers.some(({ data, error }) => data === undefined && error === null);
  return (
    <Stack gap="sm">
      {answers.map(({ error }, index) =>
        error === null ? null : (
          <QueryProblem key={queries[index]} query={queries[index] ?? ''} error={error} />
        ),
      )}
      {warnings.length > 0 && (
        <Alert color="yellow" title="The answer comes with a warning">
          {warnings.map(one => (
            <Text key={one} size="sm">
              {one}
            </Text>
          ))}
        </Alert>
      )}
      {waiting && known.length === 0 && <Waiting height={HEIGHT} />}
      {known.length > 0 && drawn.lines.length === 0 && (
        <Paper withBorder p="md">
          <Nothing
            icon="question"
            what="No data: no series agrees with the query in this window. That is not the same as zero."
            next="Look at a longer window, or at the names of what is stored below."
          />
        </Paper>
      )}
      {drawn.lines.length > 0 && (
        <Paper withBorder p="md" component="section" aria-label="Graph">
          <Stack gap="sm">
            {Object.keys(drawn.common).length > 0 && (
              <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                All have{' '}
                <Text span ff="monospace" size="xs">
                  {nameOf(drawn.common)}
                </Text>
              </Text>
            )}
            <TimeChart
              label={queries.join('; ')}
              series={drawn.lines.filter(({ key }) => !hidden.has(key))}
              height={HEIGHT}
              format={short}
              from={bounds.from}
              to={bounds.to}
              scale="free"
              onZoom={(from, to) => onZoom(between(from, to))}
              {...(pointed === undefined ? {} : { highlighted: pointed })}
              dots={onScale.map(({ at, value, traceId }) => ({
                t: Date.parse(at),
                v: value,
                label: traceId,
                onOpen: () => go(`/traces/${traceId}`),
              }))}
            />
            <Text size="xs" c="dimmed">
              Drag over a part to look closer. A point every {step}.
              {drawn.left > 0 &&
                ` The ${MOST_LINES} highest of ${MOST_LINES + drawn.left} series are drawn; name labels in the query, or use topk(10, …).`}
              {drawn.unscaled > 0 &&
                ` ${drawn.unscaled} ${drawn.unscaled === 1 ? 'point is' : 'points are'} NaN or infinite and left out.`}
            </Text>
            {sights.length > 0 && <Exemplars sights={sights} />}
            <Legend lines={drawn.lines} hidden={hidden} onHidden={setHidden} onPoint={setPointed} />
          </Stack>
        </Paper>
      )}
    </Stack>
  );
}
