import { Group, Stack, Text } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { type OutputOf, useOperation } from '../api.ts';
import { Icon, type IconName } from '../icon.tsx';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';

type Delivery = OutputOf<'notification.list'>['notifications'][number];

const LOOKS: Partial<Record<Delivery['state'], { icon: IconName; color: string }>> = {
  sent: { icon: 'check', color: 'teal' },
  failed: { icon: 'alert', color: 'red' },
};

/** Each message to a person, and whether it arrived. */
export function Messages() {
  const asked = useOperation('notification.list', { limit: 15 }, { everyMs: 30_000 });
  return (
    <Section title="Messages" icon="megaphone">
      <Answer query={asked} height={120}>
        {({ notifications }) =>
          notifications.length === 0 ? (
            <Nothing what="No message was sent yet." />
          ) : (
            <Stack gap="xs" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
              {notifications.map(one => {
                const { icon, color } = LOOKS[one.state] ?? { icon: 'clock', color: 'dimmed' };
                const at = one.sentAt ?? one.failedAt ?? one.queuedAt;
                return (
                  <Group component="li" key={one.id} gap={8} wrap="nowrap" align="flex-start">
                    <Text component="span" c={color} mt={2}>
                      <Icon name={icon} />
                    </Text>
                    <div style={{ minWidth: 0 }}>
                      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                        {one.subject}
                      </Text>
                      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                        {at.slice(11, 19)} UTC · {one.person} by {one.channel} · {one.state}
                        {one.error === undefined ? '' : `: ${one.error}`}
                      </Text>
                    </div>
                  </Group>
                );
              })}
            </Stack>
          )
        }
      </Answer>
    </Section>
  );
}
