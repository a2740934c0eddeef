import { Group, Stack, Text } from '@mantine/core';
import { Icon, type IconName } from '../icon.tsx';
import type { ProposalStep } from './incident.ts';
import { type Safety, safetyOf } from './safety.ts';

const ICONS: Record<Safety['kind'], IconName> = { bound: 'shield', check: 'gauge', undo: 'undo' };

/** Why the button is safe. */
export function SafetyList({ step }: { step: ProposalStep }) {
  return (
    <Stack component="ul" gap={6} m={0} p={0} style={{ listStyle: 'none' }} aria-label="Why it is safe">
      {safetyOf(step).map(({ kind, label, text }) => (
        <Group component="li" key={kind} gap={8} wrap="nowrap" align="flex-start">
          <Text component="span" c="teal" mt={2}>
            <Icon name={ICONS[kind]} />
          </Text>
          <Text size="sm">
            <Text span fw={600}>
              {label}.
            </Text>{' '}
            {text}
          </Text>
        </Group>
      ))}
    </Stack>
  );
}
