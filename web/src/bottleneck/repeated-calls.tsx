import { Anchor, Code, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { milliseconds } from '../figure.ts';
import { Section } from '../section.tsx';
import { type Bottleneck, whatWords } from './bottleneck.ts';

/** Calls that are made one after another where one would do (N+1). */
export function RepeatedCalls({ found: { nPlusOne } }: { found: Bottleneck }) {
  if (nPlusOne.length === 0) return null;
  return (
    <Section title="Calls made again and again (N+1)" icon="queue">
      <Stack gap="md">
        {nPlusOne.map(one => (
          <div key={`${one.parentService}${one.parentOperation}${one.service}${whatWords(one)}`}>
            <Text size="sm">
              <Text span fw={600}>
                {one.parentService} {one.parentOperation}
              </Text>{' '}
              makes this call {one.calls.median} times, one after another ({one.calls.least} to{' '}
              {one.calls.most}), in {one.requests} requests: {milliseconds(one.totalMs)} each,{' '}
              {Math.round(one.share * 100)} % of their time.{' '}
              <Anchor component={Link} href={`/traces/${one.exampleTraceId}`} size="sm">
                An example
              </Anchor>
            </Text>
            <Code block mt={4} style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
              {one.service} {whatWords(one)}
            </Code>
          </div>
        ))}
      </Stack>
    </Section>
  );
}
