import { Alert, Stack, Text } from '@mantine/core';
import { Approve } from './approve.tsx';
import { FixSteps } from './fix-steps.tsx';
import type { Proposal } from './incident.ts';
import { stepWords } from './safety.ts';
import { SafetyList } from './safety-list.tsx';

const OVER: readonly Proposal['state'][] = ['succeeded', 'undone', 'failed', 'rejected'];

/** A proposal from the first word to the last. */
export function FixBody({ proposal }: { proposal: Proposal }) {
  const { state, steps, why, title, outcome, start, lowered, runner } = proposal;
  const first = steps[0]!;
  const over = OVER.includes(state);
  return (
    <Stack gap="sm">
      <div>
        <Text fw={700}>{steps.map(stepWords).join(', then ')}</Text>
        <Text size="xs" c="dimmed">
          Runbook “{title}”, {startWords(proposal)}
        </Text>
      </div>
      {over && outcome !== undefined && (
        <Alert
          color={state === 'succeeded' ? 'teal' : state === 'rejected' ? 'gray' : 'orange'}
          p="sm"
          title={OUTCOMES[state]}
        >
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {steps.some(step => step.verification?.figures === outcome)
              ? 'The objectives are met again; the figures are below.'
              : outcome}
          </Text>
        </Alert>
      )}
      {!over && (
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {why}
        </Text>
      )}
      {state === 'proposed' && lowered !== undefined && start !== 'automatic' && (
        <Text size="sm" c="light-dark(var(--mantine-color-orange-9), var(--mantine-color-orange-4))">
          {lowered}
        </Text>
      )}
      {state === 'proposed' ? (
        <>
          <SafetyList step={first} />
          <Approve proposal={proposal} />
        </>
      ) : (
        <FixSteps steps={steps} />
      )}
      {runner !== undefined && (
        <Text size="xs" c="dimmed">
          Started by {runner.kind === 'policy' ? `the policy of ${runner.name}` : runner.name}
          {proposal.startedAt === undefined ? '' : ` at ${proposal.startedAt.slice(11, 19)} UTC`}
          {proposal.finishedAt === undefined ? '.' : `, finished at ${proposal.finishedAt.slice(11, 19)}.`}
        </Text>
      )}
    </Stack>
  );
}

const OUTCOMES: Partial<Record<Proposal['state'], string>> = {
  succeeded: 'It helped',
  undone: 'It did not help, and was undone',
  failed: 'It failed: a person is needed',
  rejected: 'Rejected',
};

function startWords({ start, approvals }: Proposal): string {
  if (start === 'automatic') return 'which may start by itself';
  if (start === 'one_click') return 'which one person may start';
  return `which two people must approve (${approvals.length} of 2)`;
}
