import { Anchor, Paper, Stack, Text } from '@mantine/core';
import { Link, useSearchParams } from 'wouter';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { ExploreHead } from '../explore/head.tsx';
import { between, boundsOf, type Range, rangeOf, refreshMs } from '../explore/range.ts';
import { Nothing } from '../nothing.tsx';
import { Results } from './results.tsx';
import { type Found, MOST_TRACES, searchInput, searchOf, searchParams, type TraceSearch } from './search.ts';
import { SearchForm } from './search-form.tsx';

/** Finds traces. The address carries what is looked for. */
export function TraceSearchPage() {
  const [params, setParams] = useSearchParams();
  const range = rangeOf(params, '15m');
  const search = searchOf(params);
  const asked = useOperation('traces.search', searchInput(search, range), { everyMs: refreshMs(range) });
  const show = (next: TraceSearch, window: Range) => setParams(searchParams(next, window));
  const address = new URLSearchParams(searchParams(search, range)).toString();
  return (
    <Stack gap="md">
      <ExploreHead title="Traces" range={range} onRange={next => show(search, next)} />
      <SearchForm key={address} search={search} range={range} onSearch={next => show(next, range)} />
      <Paper withBorder p="md" component="section" aria-label="Traces found">
        <Answer query={asked} height={360}>
          {({ traces }) =>
            traces.length === 0 ? (
              <Nothing
                icon="question"
                what="No trace agrees with this in the window."
                next="Look at a longer window, or check that the service sends traces:"
                command="nines telemetry services"
              />
            ) : (
              <Stack gap="sm">
                <Text size="sm">
                  {traces.length === MOST_TRACES
                    ? `The ${search.order === 'slowest' ? 'slowest' : 'newest'} ${MOST_TRACES} traces; there may be more.`
                    : `${traces.length} ${traces.length === 1 ? 'trace' : 'traces'}.`}{' '}
                  <Anchor component={Link} href={`/explore/bottleneck?${address}`} size="sm">
                    What makes them slow?
                  </Anchor>
                </Text>
                <Results
                  traces={traces}
                  bounds={boundsSeen(traces, search, range)}
                  onZoom={(from, to) => show(search, between(from, to))}
                />
              </Stack>
            )
          }
        </Answer>
      </Paper>
    </Stack>
  );
}

/** The window; where only the newest of it were found, what they cover of it. */
function boundsSeen(traces: readonly Found[], { order }: TraceSearch, range: Range) {
  const times = traces.map(({ at }) => Date.parse(at));
  const whole = boundsOf(range, Math.max(Date.now(), ...times));
  return order === 'newest' && traces.length === MOST_TRACES
    ? { from: Math.min(...times) - 1000, to: whole.to }
    : whole;
}
