import { Anchor, List, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { ExploreHead } from '../explore/head.tsx';
import { type Range, rangeOf, rangeParams } from '../explore/range.ts';
import { SearchFrame } from '../explore/search-frame.tsx';
import { ServiceField } from '../explore/service-field.tsx';
import { count, milliseconds } from '../figure.ts';
import { Section } from '../section.tsx';
import type { Bottleneck } from './bottleneck.ts';
import { CriticalPath } from './critical-path.tsx';
import { Differences } from './differences.tsx';
import { ErrorOrigins } from './error-origins.tsx';
import { RepeatedCalls } from './repeated-calls.tsx';

interface Asked {
  service: string;
  operation: string;
  slow: string;
}

/** What makes requests slow, over many traces, and where they fail. */
export function BottleneckPage() {
  const [params, setParams] = useSearchParams();
  const range = rangeOf(params, '15m');
  const asked: Asked = {
    service: params.get('service') ?? '',
    operation: params.get('operation') ?? '',
    slow: params.get('slow') ?? '5%',
  };
  const filled = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== ''));
  const answer = useOperation('traces.bottleneck', { ...rangeParams(range), ...filled });
  const show = (next: Asked, window: Range) =>
    setParams({
      ...rangeParams(window),
      ...Object.fromEntries(Object.entries(next).filter(([, value]) => value.trim() !== '')),
    });
  return (
    <Stack gap="md">
      <ExploreHead
        title="What is slow, and why"
        says="Slow requests beside the others: what they wait for, what they have in common, where errors begin."
        range={range}
        onRange={next => show(asked, next)}
      />
      <Question
        key={`${asked.service}|${asked.operation}|${asked.slow}`}
        asked={asked}
        range={range}
        onAsk={next => show(next, range)}
      />
      <Answer query={answer} height={420}>
        {found => (
          <Stack gap="md">
            <Verdict
              found={found}
              traces={`/explore/traces?${new URLSearchParams({ ...rangeParams(range), ...(asked.service === '' ? {} : { service: asked.service }), ...(asked.operation === '' ? {} : { operation: asked.operation }), order: 'slowest' })}`}
            />
            <CriticalPath found={found} />
            <RepeatedCalls found={found} />
            <Differences found={found} />
            <ErrorOrigins found={found} />
          </Stack>
        )}
      </Answer>
    </Stack>
  );
}

function Question({ asked, range, onAsk }: { asked: Asked; range: Range; onAsk(asked: Asked): void }) {
  const [draft, setDraft] = useState(asked);
  return (
    <SearchFrame label="Which requests" button="Compare" onAsk={() => onAsk(draft)}>
      <ServiceField
        value={draft.service}
        range={range}
        onChange={service => setDraft({ ...draft, service })}
      />
      <TextInput
        label="Operation"
        placeholder="Any"
        size="xs"
        maxLength={1000}
        value={draft.operation}
        onChange={event => setDraft({ ...draft, operation: event.currentTarget.value })}
        style={{ flex: '2 1 180px', maxWidth: 380 }}
      />
      <TextInput
        label="Slow is"
        placeholder="5% or 800ms"
        size="xs"
        maxLength={40}
        value={draft.slow}
        onChange={event => setDraft({ ...draft, slow: event.currentTarget.value })}
        style={{ flex: '1 1 90px', maxWidth: 130 }}
      />
    </SearchFrame>
  );
}

const VERDICTS: Record<Bottleneck['verdict'], string> = {
  clear: 'One kind of work explains most of it',
  spread: 'No single kind of work explains it',
  too_few: 'Too few requests to tell',
  no_difference: 'Slow requests are not slow',
  no_data: 'No data',
};

function Verdict({ found, traces }: { found: Bottleneck; traces: string }) {
  const { sentence, verdict, slow, rest, slowMeans, spans, notes } = found;
  return (
    <Section
      title={VERDICTS[verdict]}
      icon={verdict === 'clear' ? 'gauge' : 'question'}
      {...(verdict === 'clear' ? { color: 'orange' } : {})}
      aside={
        <Anchor component={Link} href={traces} size="sm">
          The traces
        </Anchor>
      }
    >
      <Text style={{ overflowWrap: 'anywhere' }}>{sentence}</Text>
      {verdict !== 'no_data' && (
        <Text size="sm" c="dimmed" mt={6}>
          {slow.lookedAt > 0 &&
            `Slow (${slowMeans}) takes ${milliseconds(slow.meanMs)} on average, the others ${milliseconds(rest.meanMs)}. `}
          Looked at {slow.lookedAt > 0 && `${count(slow.lookedAt)} of ${count(slow.requests)} slow and `}
          {count(rest.lookedAt)} of {count(rest.requests)} other requests, {count(spans)} spans.
        </Text>
      )}
      {notes.length > 0 && (
        <List size="xs" mt="xs" spacing={2} c="dimmed">
          {notes.map(note => (
            <List.Item key={note}>{note}</List.Item>
          ))}
        </List>
      )}
    </Section>
  );
}
