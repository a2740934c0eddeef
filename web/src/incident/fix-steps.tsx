import { Group, Loader, Stack, Text, ThemeIcon } from '@mantine/core';
import { Icon, type IconName } from '../icon.tsx';
import { span, useNow } from '../time.tsx';
import { Check } from './check.tsx';
import type { ProposalStep } from './incident.ts';
import { stepWords } from './safety.ts';

const STATES: Record<ProposalStep['state'], { words: string; color: string; icon?: IconName }> = {
  pending: { words: 'waits for its turn', color: 'gray', icon: 'minus' },
  acting: { words: 'is being carried out', color: 'cyan' },
  verifying: { words: 'is done; whether it helps is being checked', color: 'cyan' },
  succeeded: { words: 'is done, and helped', color: 'teal', icon: 'check' },
  not_verified: { words: 'is done, and did not help', color: 'orange', icon: 'x' },
  failed: { words: 'failed', color: 'red', icon: 'x' },
  undoing: { words: 'is being undone', color: 'orange' },
  undone: { words: 'was undone', color: 'orange', icon: 'undo' },
  undo_failed: { words: 'could not be undone', color: 'red', icon: 'alert' },
};

/** How far each step is, and what its check says. */
export function FixSteps({ steps }: { steps: readonly ProposalStep[] }) {
  return (
    <Stack component="ol" gap="sm" m={0} p={0} style={{ listStyle: 'none' }} aria-label="Steps of the fix">
      {steps.map(step => (
        <Step key={step.name} step={step} />
      ))}
    </Stack>
  );
}

function Step({ step }: { step: ProposalStep }) {
  const now = useNow();
  const { words, color, icon } = STATES[step.state];
  const { verification, verifyUntil, actedAt, finishedAt, checks, waitsFor, summary } = step;
  return (
    <Group component="li" gap="sm" wrap="nowrap" align="flex-start">
      {icon === undefined ? (
        <Loader size={22} color={color} aria-label={words} />
      ) : (
        <ThemeIcon size={22} radius="xl" color={color} variant="filled">
          <Icon name={icon} size={14} />
        </ThemeIcon>
      )}
      <Stack gap={2} style={{ minWidth: 0 }}>
        <Text size="sm">
          <Text span fw={600}>
            {stepWords(step)}
          </Text>{' '}
          {words}.
        </Text>
        {waitsFor !== undefined && step.state !== 'succeeded' && (
          <Text size="xs" c="dimmed">
            It waits: {waitsFor}
          </Text>
        )}
        {step.state === 'acting' && step.startedAt !== undefined && (
          <Text size="xs" c="dimmed">
            For {span(step.startedAt, now)}; taken back after {step.spec.bound.timeout}.
          </Text>
        )}
        {verification !== undefined && <Check verification={verification} />}
        {step.state === 'verifying' && verifyUntil !== undefined && (
          <Text size="xs" c="dimmed">
            {checks} {checks === 1 ? 'check' : 'checks'} so far; it counts once a whole{' '}
            {step.spec.verify?.window ?? 'window'} has passed since {actedAt?.slice(11, 19)}. Undone at{' '}
            {verifyUntil.slice(11, 19)} if it has not helped by then.
          </Text>
        )}
        {finishedAt !== undefined &&
          summary !== undefined &&
          summary !== verification?.figures &&
          step.state !== 'succeeded' && (
            <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              {summary}
            </Text>
          )}
      </Stack>
    </Group>
  );
}
