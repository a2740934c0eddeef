import { Anchor, Badge, Group, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { Answer } from '../answer.tsx';
import { type OutputOf, useOperation } from '../api.ts';
import { Icon, type IconName } from '../icon.tsx';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';

type Page = OutputOf<'page.list'>['pages'][number];

const STATES: Record<Page['state'], { color: string; icon: IconName; words: string }> = {
  active: { color: 'orange', icon: 'bell', words: 'nobody has taken it yet' },
  acknowledged: { color: 'teal', icon: 'check', words: 'taken' },
  stopped: { color: 'gray', icon: 'minus', words: 'ended by itself' },
  exhausted: { color: 'red', icon: 'alert', words: 'nobody could be reached' },
};

/** Whom Nines called, for what, and whether somebody took it. */
export function Pages() {
  const asked = useOperation('page.list', { limit: 20 }, { everyMs: 30_000 });
  return (
    <Section title="Pages" icon="bell">
      <Answer query={asked} height={120}>
        {({ pages }) =>
          pages.length === 0 ? (
            <Nothing
              icon="check"
              what="Nobody was called yet."
              next="A SEV1 or SEV2 incident calls whoever is on call."
            />
          ) : (
            <Stack gap="sm" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
              {pages.map(page => (
                <li key={page.id}>
                  <Group gap="xs" justify="space-between">
                    <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
                      <Anchor component={Link} href={`/incidents/${page.incident}`} inherit>
                        {page.incident}
                      </Anchor>{' '}
                      {page.title}
                    </Text>
                    <Badge
                      variant="light"
                      radius="sm"
                      color={STATES[page.state].color}
                      leftSection={<Icon name={STATES[page.state].icon} size={12} />}
                    >
                      {STATES[page.state].words}
                      {page.acknowledgedBy === undefined ? '' : ` by ${page.acknowledgedBy}`}
                    </Badge>
                  </Group>
                  {page.steps.map(step => (
                    <Text key={step.n} size="xs" c="dimmed">
                      {step.at.slice(0, 10)} {step.at.slice(11, 19)} UTC, step {step.n + 1}:{' '}
                      {step.people.map(one => `${one.person} (${one.channels.join(', ')})`).join(', ') ||
                        'nobody'}
                      {step.missed.length === 0 ? '' : `; not reached: ${step.missed.join('; ')}`}
                    </Text>
                  ))}
                </li>
              ))}
            </Stack>
          )
        }
      </Answer>
    </Section>
  );
}
