import { Group, Stack, Text } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { Icon } from '../icon.tsx';
import { Section } from '../section.tsx';
import { BUDGET_MS } from './slo.ts';

const PURPOSES = ['release', 'automation', 'chaos', 'maintenance'] as const;
const WORDS: Record<(typeof PURPOSES)[number], string> = {
  release: 'Releases',
  automation: 'Automatic fixes',
  chaos: 'Chaos experiments',
  maintenance: 'Maintenance windows',
};

/** What the error budget policy of the service allows now. */
export function Gate({ service }: { service: string }) {
  return (
    <Section title="What the budget allows" icon="shield">
      <Stack gap="xs">
        {PURPOSES.map(purpose => (
          <Purpose key={purpose} service={service} purpose={purpose} />
        ))}
      </Stack>
    </Section>
  );
}

function Purpose({ service, purpose }: { service: string; purpose: (typeof PURPOSES)[number] }) {
  const asked = useOperation('slo.gate', { service, for: purpose, ask: true }, { everyMs: 3 * BUDGET_MS });
  return (
    <Answer query={asked} height={40}>
      {({ allowed, level, reason, override }) => (
        <Group gap="xs" wrap="nowrap" align="flex-start">
          <Text component="span" mt={2} c={allowed ? 'teal' : 'orange'}>
            <Icon name={allowed ? 'check' : 'stop'} />
          </Text>
          <div>
            <Text size="sm">
              <Text span fw={600}>
                {WORDS[purpose]}
              </Text>{' '}
              {allowed ? 'are allowed' : 'are stopped'}
              <Text span c="dimmed">
                {' '}
                · level {level.replaceAll('_', ' ')}
              </Text>
            </Text>
            {override !== undefined && (
              <Text size="xs" c="dimmed">
                By the override of {override.by} until {override.until.slice(0, 16).replace('T', ' ')} UTC:{' '}
                {override.reason}
              </Text>
            )}
            {!allowed && (
              <Text size="xs" c="dimmed">
                {reason}
              </Text>
            )}
          </div>
        </Group>
      )}
    </Answer>
  );
}
