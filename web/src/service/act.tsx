import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { principal } from '../api.ts';
import { useCommand } from '../command.ts';
import { Confirm } from '../confirm.tsx';
import { Icon } from '../icon.tsx';
import type { Running } from './service.ts';

/** Restart and roll back, each with a reason that is recorded. The guard checks what it may touch, and the budget. */
export function Act({ running }: { running: Running }) {
  const [asking, setAsking] = useState<'restart' | 'rollback'>();
  const restart = useCommand('platform.restart');
  const rollback = useCommand('deploy.rollback');
  const { service, release, previousRelease, replicas, rollout } = running;
  const close = () => setAsking(undefined);
  return (
    <div>
      <Group gap="xs">
        <Button
          variant="default"
          leftSection={<Icon name="undo" />}
          disabled={previousRelease === undefined || rollout !== undefined}
          onClick={() => setAsking('rollback')}
        >
          {previousRelease === undefined ? 'Roll back' : `Roll back to ${previousRelease}`}
        </Button>
        <Button
          variant="default"
          leftSection={<Icon name="bolt" />}
          disabled={rollout !== undefined}
          onClick={() => setAsking('restart')}
        >
          Restart
        </Button>
      </Group>
      {previousRelease === undefined && (
        <Text size="xs" c="dimmed" mt={4}>
          There is nothing to roll back to: no earlier release is known.
        </Text>
      )}
      <Confirm
        title={`Restart ${service}?`}
        label={`Restart ${service}`}
        reason={{ label: 'Why', placeholder: 'its connections are stale' }}
        opened={asking === 'restart'}
        onClose={close}
        busy={restart.isPending}
        error={restart.error}
        onConfirm={reason => restart.mutate({ service, reason }, { onSuccess: close })}
      >
        <Text size="sm">
          {replicas === 1 ? 'Its instance is' : `Its ${replicas} instances are`} replaced by new ones of{' '}
          {release}. The old ones stop once the new ones are healthy; if they do not become healthy, nothing
          changes.
        </Text>
        <Recorded />
      </Confirm>
      <Confirm
        title={`Roll ${service} back to ${previousRelease ?? 'the release before'}?`}
        label={`Roll back to ${previousRelease ?? 'the release before'}`}
        reason={{ label: 'Why', placeholder: `checkout is slow since ${release}` }}
        opened={asking === 'rollback'}
        onClose={close}
        busy={rollback.isPending}
        error={rollback.error}
        onConfirm={reason => rollback.mutate({ service, reason }, { onSuccess: close })}
      >
        <Text size="sm">
          {service} goes from {release} to {previousRelease ?? 'the release before'}. New instances start
          beside the old ones, which stop once all new ones are healthy. It touches only {service}, and can be
          taken back.
        </Text>
        <Recorded />
      </Confirm>
    </div>
  );
}

function Recorded() {
  return (
    <Text size="xs" c="dimmed">
      Recorded as asked for by {principal()}.
    </Text>
  );
}
