import { Paper, SegmentedControl, Stack } from '@mantine/core';
import { useSearchParams } from 'wouter';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { ExploreHead } from '../explore/head.tsx';
import { between, boundsOf, type Range, rangeOf, rangeParams, refreshMs } from '../explore/range.ts';
import { Histogram } from './histogram.tsx';
import { Lines } from './lines.tsx';
import { Live } from './live.tsx';
import { filterOf, type LogSearch, searchOf, VIEWS, type View } from './log.ts';
import { Patterns } from './patterns.tsx';
import { SearchForm } from './search-form.tsx';
import { Surge } from './surge.tsx';

const WORDS: Record<View, string> = {
  lines: 'Lines',
  live: 'Live',
  surge: 'What changed',
  patterns: 'Kinds of lines',
};

/** Finds log lines. The address carries what is looked for. */
export function LogsPage() {
  const [params, setParams] = useSearchParams();
  const range = rangeOf(params, '15m');
  const search = searchOf(params);
  const view = VIEWS.find(one => one === params.get('view')) ?? 'lines';
  const show = (next: { search?: LogSearch; range?: Range; view?: View }) => {
    const wanted = next.view ?? view;
    setParams({
      ...rangeParams(next.range ?? range),
      ...filterOf(next.search ?? search),
      ...(wanted === 'lines' ? {} : { view: wanted }),
    });
  };
  const counted = useOperation(
    'logs.histogram',
    { ...filterOf(search), ...rangeParams(range) },
    { everyMs: refreshMs(range), enabled: view === 'lines' },
  );
  return (
    <Stack gap="md">
      <ExploreHead title="Logs" range={range} onRange={next => show({ range: next })} />
      <SearchForm
        key={JSON.stringify(search)}
        search={search}
        range={range}
        onSearch={next => show({ search: next })}
        aside={
          <SegmentedControl
            size="xs"
            aria-label="Show"
            value={view}
            data={VIEWS.map(value => ({ value, label: WORDS[value] }))}
            onChange={value => show({ view: VIEWS.find(one => one === value) ?? 'lines' })}
          />
        }
      />
      {/* What is wrong with the query is said once, with the lines. */}
      {(counted.error === null || counted.data !== undefined) && view === 'lines' && (
        <Paper withBorder p="md" component="section" aria-label="Over time">
          <Answer query={counted} height={170}>
            {histogram => (
              <Histogram
                histogram={histogram}
                bounds={boundsOf(range, Date.now())}
                onZoom={(from, to) => show({ range: between(from, to) })}
              />
            )}
          </Answer>
        </Paper>
      )}
      <Paper withBorder p="md" component="section" aria-label={WORDS[view]}>
        {view === 'lines' && (
          <Lines
            key={JSON.stringify([search, range])}
            search={search}
            range={range}
            onQuery={query => show({ search: { ...search, query } })}
          />
        )}
        {view === 'live' && (
          <Live search={search} onQuery={query => show({ search: { ...search, query } })} />
        )}
        {view === 'surge' && <Surge search={search} range={range} />}
        {view === 'patterns' && <Patterns search={search} range={range} />}
      </Paper>
    </Stack>
  );
}
