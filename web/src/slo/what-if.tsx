import {
  Alert,
  Anchor,
  Button,
  Group,
  NativeSelect,
  Paper,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { Answer } from '../answer.tsx';
import { type OutputOf, useOperation } from '../api.ts';
import { count, percent, target } from '../figure.ts';
import { Icon } from '../icon.tsx';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { ReplayedAlerts, ReplayFigures } from './replay.tsx';
import { sloAddress, windowWords } from './slo.ts';
import { asked, type Change, targetOf, wantedTarget, wantedWindow } from './what-if.ts';

/** What an objective would have done in the past with another target or window; the address carries the question. */
export function WhatIfPage() {
  const [params, setParams] = useSearchParams();
  const change = asked(params);
  const list = useOperation('slo.list', {});
  return (
    <Stack gap="md">
      <div>
        <Title order={1} size="h3">
          What if
        </Title>
        <Text size="sm" c="dimmed">
          Replays the past through an objective: as it is declared, and with another target or window. Nothing
          is changed by asking.
        </Text>
      </div>
      <Answer query={list} height={90}>
        {({ slos }) =>
          slos.length === 0 ? (
            <Paper withBorder p="md">
              <Nothing
                what="No objective is declared that could be replayed."
                next="Suggestions come with a replay of their own:"
                command="nines slo suggest SERVICE"
              />
            </Paper>
          ) : (
            <Question
              key={params.toString()}
              slos={slos}
              change={{ ...change, slo: change.slo === '' ? slos[0]!.objective : change.slo }}
              onAsk={next => setParams({ ...next })}
            />
          )
        }
      </Answer>
      {change.slo !== '' && <Replayed change={change} />}
    </Stack>
  );
}

const OVERS = [
  { value: '1d', label: 'the last day' },
  { value: '7d', label: 'the last 7 days' },
  { value: '30d', label: 'the last 30 days' },
  { value: '90d', label: 'the last 90 days' },
];

function Question({
  slos,
  change,
  onAsk,
}: {
  slos: OutputOf<'slo.list'>['slos'];
  change: Change;
  onAsk(change: Change): void;
}) {
  const [draft, setDraft] = useState(change);
  const chosen = slos.find(({ objective }) => objective === draft.slo);
  const wrongTarget = draft.target.trim() !== '' && wantedTarget(draft.target) === undefined;
  const wrongWindow = draft.window.trim() !== '' && wantedWindow(draft.window) === undefined;
  return (
    <Paper withBorder p="md" component="section" aria-label="What is changed">
      <form
        onSubmit={event => {
          event.preventDefault();
          if (!wrongTarget && !wrongWindow) onAsk(draft);
        }}
      >
        <Group gap="sm" align="flex-start">
          <NativeSelect
            label="Objective"
            size="xs"
            value={draft.slo}
            data={slos.map(({ objective, displayName, service }) => ({
              value: objective,
              label: `${displayName} (${service})`,
            }))}
            onChange={event => setDraft({ ...draft, slo: event.currentTarget.value })}
            style={{ flex: '2 1 200px', maxWidth: 340 }}
          />
          <TextInput
            label="Target, in %"
            placeholder={chosen === undefined ? '99.9' : `${targetOf(chosen.target)}, as declared`}
            size="xs"
            maxLength={12}
            inputMode="decimal"
            value={draft.target}
            error={wrongTarget ? 'Between 0 and 100, as 99.5' : undefined}
            onChange={event => setDraft({ ...draft, target: event.currentTarget.value })}
            style={{ flex: '1 1 130px', maxWidth: 190 }}
          />
          <TextInput
            label="Window"
            placeholder={chosen === undefined ? '30d' : `${chosen.window}, as declared`}
            size="xs"
            maxLength={6}
            value={draft.window}
            error={wrongWindow ? 'As 7d, 30d or 12h' : undefined}
            onChange={event => setDraft({ ...draft, window: event.currentTarget.value })}
            style={{ flex: '1 1 130px', maxWidth: 190 }}
          />
          <NativeSelect
            label="Replayed over"
            size="xs"
            value={draft.over}
            data={OVERS}
            onChange={event => setDraft({ ...draft, over: event.currentTarget.value })}
            style={{ flex: '1 1 130px', maxWidth: 180 }}
          />
          <Button size="xs" type="submit" leftSection={<Icon name="play" size={12} />} mt={22}>
            Replay
          </Button>
        </Group>
      </form>
    </Paper>
  );
}

function Replayed({ change }: { change: Change }) {
  const wanted = wantedTarget(change.target);
  const window = wantedWindow(change.window);
  const [, setParams] = useSearchParams();
  const answer = useOperation('slo.backtest', {
    id: change.slo,
    over: change.over,
    ...(wanted === undefined ? {} : { target: wanted }),
    ...(window === undefined ? {} : { window }),
  });
  return (
    <Answer query={answer} height={420}>
      {({ objective, data, declared, changed, suggested }) =>
        declared.good === null ? (
          <Paper withBorder p="md">
            <Nothing
              icon="question"
              what={`There is no data of ${objective} from ${stamp(data.from)} to ${stamp(data.to)} to replay.`}
              next="A replay needs the indicator's series in that time."
            />
          </Paper>
        ) : (
          <Stack gap="md">
            <Text size="sm">
              <Anchor component={Link} href={sloAddress(objective)} size="sm">
                {objective}
              </Anchor>
              , {stamp(data.from)} to {stamp(data.to)}, every {windowWords(data.step)}:{' '}
              {percent(declared.good)} of {count(Math.round(declared.events))} was good;{' '}
              {percent(data.coverage)} of the time has data.
            </Text>
            {suggested !== undefined && (
              <Alert color="cyan" title={`${target(suggested.target)} would fit this past`}>
                <Text size="sm">{suggested.reason}</Text>
                {suggested.target !== (changed ?? declared).target && (
                  <Button
                    size="xs"
                    variant="default"
                    mt="xs"
                    onClick={() => setParams({ ...change, target: targetOf(suggested.target) })}
                  >
                    Replay with {target(suggested.target)}
                  </Button>
                )}
              </Alert>
            )}
            <Section title={changed === undefined ? 'As declared' : 'As declared, and changed'} icon="gauge">
              <ReplayFigures declared={declared} changed={changed} />
              {changed === undefined && (
                <Text size="xs" c="dimmed" mt="xs">
                  Give another target or window above to see it beside this.
                </Text>
              )}
            </Section>
            <Section title="What would have alerted" icon="bell">
              <ReplayedAlerts
                from={data.from}
                to={data.to}
                replays={[
                  { title: 'as declared', replay: declared },
                  ...(changed === undefined ? [] : [{ title: 'changed', replay: changed }]),
                ]}
              />
            </Section>
          </Stack>
        )
      }
    </Answer>
  );
}

function stamp(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}
