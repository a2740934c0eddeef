import { List, Paper, Stack, Text, Title } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { milliseconds } from '../figure.ts';
import { TraceLogs } from './trace-logs.tsx';
import type { Trace } from './tree.ts';
import { Waterfall } from './waterfall.tsx';

/** One request through all services: where its time went. */
export function TracePage({ id }: { id: string }) {
  const asked = useOperation('traces.show', { traceId: id });
  return (
    <Answer query={asked} height={300}>
      {trace => <Body trace={trace} />}
    </Answer>
  );
}

function Body({ trace }: { trace: Trace }) {
  const { spans, bottleneck, notes, traceId } = trace;
  const root = spans[0];
  const end = spans.reduce((most, span) => Math.max(most, span.offsetMs + span.durationMs), 0);
  const begin = Date.parse(root?.at ?? '') - (root?.offsetMs ?? 0);
  const share = end > 0 ? ` (${Math.round((100 * bottleneck.selfMs) / end)} %)` : '';
  return (
    <Stack gap="md">
      <div>
        <Title order={1} size="h3" style={{ overflowWrap: 'anywhere' }}>
          {root?.service} {root?.operation}
        </Title>
        <Text size="sm" c="dimmed">
          {root?.at.slice(0, 19).replace('T', ' ')} UTC · {milliseconds(end)} · {spans.length}{' '}
          {spans.length === 1 ? 'span' : 'spans'} · trace{' '}
          <Text span ff="monospace" size="sm" style={{ overflowWrap: 'anywhere' }}>
            {traceId}
          </Text>
        </Text>
        <Text size="sm" mt={4}>
          It waited longest for{' '}
          <Text span fw={600}>
            {bottleneck.service} {bottleneck.operation}
          </Text>
          : {milliseconds(bottleneck.selfMs)} by itself{share}
          {bottleneck.spans > 1 ? `, in ${bottleneck.spans} spans` : ''}.
        </Text>
        <Findings trace={trace} />
      </div>
      <Paper withBorder p="md" component="section" aria-label="Waterfall">
        <Waterfall trace={trace} lengthMs={end} />
        <Text size="xs" c="dimmed" mt="sm">
          The line below a bar is the critical path: what the whole request waited for. Click a span for all
          that came with it.
        </Text>
        {notes.map(note => (
          <Text key={note} size="xs" c="dimmed">
            {note}
          </Text>
        ))}
      </Paper>
      {Number.isFinite(begin) && <TraceLogs traceId={traceId} from={begin} to={begin + end} />}
    </Stack>
  );
}

/** Calls made again and again, and where errors began. */
function Findings({ trace: { spans, repeats, errorOrigins } }: { trace: Trace }) {
  const byId = new Map(spans.map(span => [span.spanId, span]));
  const name = (spanId: string | undefined) => {
    const span = byId.get(spanId ?? '');
    return span === undefined ? 'a span that is not there' : `${span.service} ${span.operation}`;
  };
  if (repeats.length === 0 && errorOrigins.length === 0) return null;
  return (
    <List size="sm" mt={4} spacing={2}>
      {repeats.map(({ parentSpanId, spanIds, totalMs }) => (
        <List.Item key={`${parentSpanId}${spanIds[0]}`}>
          {name(parentSpanId)} calls {name(spanIds[0])} {spanIds.length} times, one after another:{' '}
          {milliseconds(totalMs)} (N+1).
        </List.Item>
      ))}
      {errorOrigins.map(({ spanId, reachesRoot }) => (
        <List.Item key={spanId}>
          An error began in {name(spanId)}
          {reachesRoot ? ' and failed the whole request' : '; its callers went on'}.
        </List.Item>
      ))}
    </List>
  );
}
