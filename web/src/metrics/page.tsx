import { Button, Group, Paper, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { type Range, rangeOf, rangeParams } from '../explore/range.ts';
import { RangePicker } from '../explore/range-picker.tsx';
import { Icon } from '../icon.tsx';
import { Graph } from './graph.tsx';
import { Instants } from './instant.tsx';
import { MetricList } from './metric-list.tsx';
import { letterOf, MOST_QUERIES } from './query.ts';
import { QueryField } from './query-field.tsx';

/** PromQL over what is stored. The address carries all of it, so that it can be sent to somebody. */
export function MetricsPage() {
  const [params, setParams] = useSearchParams();
  const asked = params.getAll('q').slice(0, MOST_QUERIES);
  const range = rangeOf(params);
  const table = params.get('view') === 'table';
  const address = asked.join('\n');
  const [drafts, setDrafts] = useState(() => ({ of: address, queries: begun(asked) }));
  // Back and forward in the browser change what is asked; the fields follow.
  if (drafts.of !== address) setDrafts({ of: address, queries: begun(asked) });

  const show = (queries: readonly string[], next: Range, asTable: boolean) => {
    const params = new URLSearchParams(rangeParams(next));
    for (const query of queries) params.append('q', query);
    if (asTable) params.set('view', 'table');
    setParams(params);
  };
  const run = (queries: readonly string[]) => {
    const written = queries.map(query => query.trim()).filter(query => query !== '');
    setDrafts({ of: written.join('\n'), queries: begun(written) });
    show(written, range, table);
  };
  const draft = (index: number, text: string) =>
    setDrafts(({ of, queries }) => ({ of, queries: queries.map((one, i) => (i === index ? text : one)) }));
  const { queries } = drafts;
  const changed = queries.some((query, index) => query.trim() !== (asked[index] ?? ''));
  return (
    <Stack gap="md">
      <Group justify="space-between" gap="sm">
        <Title order={1} size="h3">
          Metrics
        </Title>
        <RangePicker range={range} onChange={next => show(asked, next, table)} />
      </Group>
      <Paper withBorder p="md" component="section" aria-label="Queries">
        <Stack gap="sm">
          {queries.map((query, index) => (
            <QueryField
              // biome-ignore lint/suspicious/noArrayIndexKey: a query is what stands at its place.
              key={index}
              letter={letterOf(index)}
              value={query}
              onChange={text => draft(index, text)}
              onRun={() => run(queries)}
              onRemove={queries.length < 2 ? undefined : () => run(queries.filter((_, i) => i !== index))}
            />
          ))}
          <Group gap="xs" justify="space-between">
            <Group gap="xs">
              <Button
                size="xs"
                leftSection={<Icon name="play" size={12} />}
                variant={changed ? 'filled' : 'light'}
                onClick={() => run(queries)}
              >
                Run
              </Button>
              <Button
                size="xs"
                variant="default"
                leftSection={<Icon name="plus" size={12} />}
                disabled={queries.length >= MOST_QUERIES}
                onClick={() => setDrafts({ of: drafts.of, queries: [...queries, ''] })}
              >
                Add a query
              </Button>
            </Group>
            <SegmentedControl
              size="xs"
              aria-label="Show as"
              value={table ? 'table' : 'graph'}
              data={[
                { value: 'graph', label: 'Graph' },
                { value: 'table', label: 'Table' },
              ]}
              onChange={view => show(asked, range, view === 'table')}
            />
          </Group>
        </Stack>
      </Paper>
      {asked.length === 0 ? (
        <Text size="sm" c="dimmed">
          Write a query and press Enter, or choose a metric below.
        </Text>
      ) : table ? (
        <Instants queries={asked} range={range} />
      ) : (
        <Graph queries={asked} range={range} onZoom={next => show(asked, next, table)} />
      )}
      <MetricList onChoose={query => run([...queries.filter(one => one.trim() !== ''), query])} />
    </Stack>
  );
}

function begun(queries: readonly string[]): string[] {
  return queries.length === 0 ? [''] : [...queries];
}
