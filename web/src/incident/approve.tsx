import { Button, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { principal } from '../api.ts';
import { useCommand } from '../command.ts';
import { Confirm } from '../confirm.tsx';
import { Icon } from '../icon.tsx';
import type { Proposal } from './incident.ts';
import { stepWords } from './safety.ts';
import { SafetyList } from './safety-list.tsx';

/** The button: starts the fix, or is one of two approvals. What will happen is said again before it does. */
export function Approve({ proposal }: { proposal: Proposal }) {
  const [asking, ask] = useDisclosure();
  const [rejecting, reject] = useDisclosure();
  const approve = useCommand('remediation.approve');
  const refuse = useCommand('remediation.reject');
  const { id, start, approvals, steps, title } = proposal;
  const what = stepWords(steps[0]!);
  if (start === 'automatic')
    return (
      <Text size="sm" c="dimmed">
        It starts by itself: the verdict is {proposal.verdict} and the policy allows it. Nothing to press.
      </Text>
    );
  const second = start === 'two_people';
  const starts = !second || approvals.length === 1;
  const mine = approvals.some(one => one.by === principal());
  return (
    <Stack gap={6}>
      {second && approvals.length > 0 && (
        <Text size="sm">
          Approved by {approvals.map(one => `${one.by} at ${one.at.slice(11, 16)}`).join(', ')}; a second
          person is needed.
        </Text>
      )}
      <Button
        color="teal.8"
        size="sm"
        fullWidth
        leftSection={<Icon name={starts ? 'bolt' : 'check'} />}
        disabled={mine}
        onClick={ask.open}
        styles={{
          root: { height: 'auto', minHeight: 44, paddingBlock: 8, fontSize: 15 },
          label: { whiteSpace: 'normal' },
        }}
      >
        {starts ? what : `Approve (${approvals.length + 1} of 2)`}
      </Button>
      <Button
        variant="subtle"
        color="gray"
        size="xs"
        onClick={reject.open}
        style={{ alignSelf: 'flex-start' }}
      >
        Reject, with a reason
      </Button>
      {mine && (
        <Text size="xs" c="dimmed">
          You are {principal()}, and have approved it already.
        </Text>
      )}
      <Confirm
        title={starts ? `${what}?` : `Approve: ${what}`}
        label={starts ? what : 'Approve'}
        color="teal.8"
        opened={asking}
        onClose={ask.close}
        busy={approve.isPending}
        error={approve.error}
        onConfirm={() => approve.mutate({ id }, { onSuccess: ask.close })}
      >
        <Text size="sm">{proposal.why}</Text>
        {steps.length > 1 && <Text size="sm">Its steps: {steps.map(stepWords).join(', then ')}.</Text>}
        <SafetyList step={steps[0]!} />
        <Text size="xs" c="dimmed">
          Recorded as started by {principal()}.
        </Text>
      </Confirm>
      <Confirm
        title={`Reject “${title}”`}
        label="Reject"
        reason={{ label: 'Why', placeholder: 'traffic is falling by itself' }}
        opened={rejecting}
        onClose={reject.close}
        busy={refuse.isPending}
        error={refuse.error}
        onConfirm={reason => refuse.mutate({ id, reason }, { onSuccess: reject.close })}
      />
    </Stack>
  );
}
