import { Badge, Group, Stack, Text } from '@mantine/core';
import { Failure } from '../answer.tsx';
import { type OutputOf, useOperations } from '../api.ts';
import { Icon } from '../icon.tsx';
import { Section } from '../section.tsx';
import { Waiting } from '../waiting.tsx';
import { LEVELS, type Level, PURPOSES, type Purpose } from './policy.ts';
import { BUDGET_MS } from './slo.ts';

/** The level of the error budget policy that holds for the service, and what it allows. */
export function Gate({ service }: { service: string }) {
  const asked = useOperations(
    'slo.gate',
    PURPOSES.map(({ purpose }) => ({ service, for: purpose, ask: true })),
    { everyMs: 3 * BUDGET_MS },
  );
  const worst = asked
    .flatMap(({ data }) => (data === undefined ? [] : [data.level]))
    .toSorted((a, b) => LEVELS[b].rank - LEVELS[a].rank)[0];
  // Where nothing is stopped, why is said all the same.
  const answers = asked.flatMap(({ data }) => data ?? []);
  const quiet = answers.every(({ allowed }) => allowed) ? answers[0] : undefined;
  return (
    <Section
      title="What the budget allows now"
      icon="shield"
      aside={worst !== undefined && <LevelBadge level={worst} />}
    >
      <Stack gap="xs">
        {PURPOSES.map(({ purpose, words }, index) => {
          const { data, error } = asked[index] ?? {};
          // Why is said once for all that one level of one service's budget stops.
          const told = asked
            .slice(0, index)
            .some(
              ({ data: before }) =>
                before?.allowed === false && before.level === data?.level && before.service === data.service,
            );
          if (data !== undefined)
            return <Allowed key={purpose} words={words} answer={data} withReason={!told} />;
          return error === null || error === undefined ? (
            <Waiting key={purpose} height={24} />
          ) : (
            <Failure key={purpose} error={error} />
          );
        })}
        {quiet !== undefined && (
          <Text size="xs" c="dimmed">
            {quiet.reason}
          </Text>
        )}
        <Text size="xs" c="dimmed">
          By all objectives of {service} and of what depends on it; of several the worst level holds.
        </Text>
      </Stack>
    </Section>
  );
}

export function LevelBadge({ level }: { level: Level }) {
  const { color, words } = LEVELS[level];
  return (
    <Badge variant="light" color={color} radius="sm" style={{ flexShrink: 0 }}>
      {words}
    </Badge>
  );
}

function Allowed({
  words,
  answer: { allowed, reason, override, needsSecond },
  withReason,
}: {
  words: (typeof PURPOSES)[number]['words'];
  answer: OutputOf<'slo.gate'>;
  withReason: boolean;
}) {
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <Text component="span" mt={2} c={allowed ? 'teal' : 'orange'}>
        <Icon name={allowed ? 'check' : 'stop'} />
      </Text>
      <div style={{ minWidth: 0 }}>
        <Text size="sm">
          <Text span fw={600}>
            {words}
          </Text>{' '}
          {allowed ? 'are allowed' : 'are stopped'}
        </Text>
        {override !== undefined && (
          <Text size="xs" c="dimmed">
            By the override of {override.by} until {override.until.slice(0, 16).replace('T', ' ')} UTC:{' '}
            {override.reason}
          </Text>
        )}
        {!allowed && withReason && (
          <Text size="xs" c="dimmed">
            {reason}
            {needsSecond === true && ' An override needs a second person.'}
          </Text>
        )}
      </div>
    </Group>
  );
}

export function purposeWords(purposes: readonly Purpose[]): string {
  return PURPOSES.filter(({ purpose }) => purposes.includes(purpose))
    .map(({ words }) => words.toLowerCase())
    .join(', ');
}
