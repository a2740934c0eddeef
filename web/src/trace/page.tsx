import { Paper, Stack, Text, Title } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { milliseconds } from '../figure.ts';
import { Waterfall } from './waterfall.tsx';

/** One request through all services: where its time went. */
export function TracePage({ id }: { id: string }) {
  const asked = useOperation('traces.show', { traceId: id });
  return (
    <Answer query={asked} height={300}>
      {({ spans, bottleneck }) => {
        const root = spans[0];
        const end = Math.max(...spans.map(span => span.offsetMs + span.durationMs));
        return (
          <Stack gap="md">
            <div>
              <Title order={1} size="h3">
                {root?.service} {root?.operation}
              </Title>
              <Text size="sm" c="dimmed">
                {root?.at.slice(0, 19).replace('T', ' ')} UTC · {milliseconds(end)} · {spans.length}{' '}
                {spans.length === 1 ? 'span' : 'spans'} · trace{' '}
                <Text span ff="monospace" size="sm" style={{ overflowWrap: 'anywhere' }}>
                  {id}
                </Text>
              </Text>
              <Text size="sm" mt={4}>
                Most time went in{' '}
                <Text span fw={600}>
                  {bottleneck.service} {bottleneck.operation}
                </Text>
                : {milliseconds(bottleneck.selfMs)} by itself.
              </Text>
            </div>
            <Paper withBorder p="md">
              <Waterfall spans={spans} slowest={bottleneck.spanId} lengthMs={end} />
            </Paper>
          </Stack>
        );
      }}
    </Answer>
  );
}
