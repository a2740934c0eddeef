import { Code, Group, Stack, Text } from '@mantine/core';
import { Icon, type IconName } from './icon.tsx';

/** There is nothing to show: why, and what to do next. */
export function Nothing({
  what,
  next,
  command,
  icon = 'minus',
}: {
  what: string;
  next?: string;
  command?: string;
  icon?: IconName;
}) {
  return (
    <Group gap="sm" wrap="nowrap" align="flex-start" py={4}>
      <Text c="dimmed" component="span" mt={2}>
        <Icon name={icon} />
      </Text>
      <Stack gap={4} style={{ minWidth: 0 }}>
        <Text size="sm">{what}</Text>
        {next !== undefined && (
          <Text size="sm" c="dimmed">
            {next}
          </Text>
        )}
        {command !== undefined && <Code style={{ width: 'fit-content', maxWidth: '100%' }}>{command}</Code>}
      </Stack>
    </Group>
  );
}
