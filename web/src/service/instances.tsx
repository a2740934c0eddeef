import { Group, Loader, Stack, Text } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { Icon } from '../icon.tsx';
import { changeWords } from '../incident/moments.ts';
import { span, Time, useNow } from '../time.tsx';

/** What runs of a service, what is under way, and its last changes. */
export function Instances({ service }: { service: string }) {
  const now = useNow();
  const asked = useOperation('deploy.status', { service }, { everyMs: 5_000 });
  return (
    <Answer query={asked} height={120}>
      {({ state, changes }) => (
        <Stack gap="xs">
          <Text size="sm">
            <Text span fw={600}>
              {state.release}
            </Text>{' '}
            on {state.platform}, {state.instances.filter(one => one.healthy).length} of {state.replicas}{' '}
            {state.replicas === 1 ? 'instance' : 'instances'} healthy
            {state.previousRelease === undefined ? '' : `; before it ${state.previousRelease}`}
          </Text>
          {state.rollout !== undefined && (
            <Group gap="xs" wrap="nowrap">
              <Loader size="xs" />
              <Text size="sm">
                Under way: {state.rollout.description} ({state.rollout.phase.replaceAll('_', ' ')})
              </Text>
            </Group>
          )}
          {state.instances.map(one => (
            <Group key={one.id} gap={6} wrap="nowrap" align="flex-start">
              <Text component="span" mt={1} c={one.healthy ? 'teal' : 'orange'}>
                <Icon name={one.healthy ? 'check' : one.state === 'starting' ? 'clock' : 'alert'} size={14} />
              </Text>
              <Text size="xs">
                <Text span ff="monospace" size="xs">
                  {one.id}
                </Text>{' '}
                {one.release}, {one.state}
                {one.startedAt === undefined ? '' : ` for ${span(one.startedAt, now)}`}
                {one.restarts === 0 ? '' : `, started again ${one.restarts}×`}
                {one.lastExit === undefined ? '' : `. ${one.lastExit}`}
              </Text>
            </Group>
          ))}
          {changes.length > 0 && (
            <div>
              <Text size="xs" c="dimmed" mb={2}>
                Last changes
              </Text>
              {changes.map(change => (
                <Text key={change.id} size="xs">
                  <Time at={change.at} size="xs" c="dimmed" /> {changeWords(change)}, by {change.by}
                </Text>
              ))}
            </div>
          )}
        </Stack>
      )}
    </Answer>
  );
}
