import { Group, Paper, Text, ThemeIcon } from '@mantine/core';
import type { OutputOf } from '../api.ts';
import { Icon } from '../icon.tsx';
import { span } from '../time.tsx';

export type Shift = OutputOf<'oncall.now'>['shifts'][number];

export function ShiftNow({ shift, at }: { shift: Shift; at: string }) {
  const { person, schedule, layer, team, until, override } = shift;
  return (
    <Paper withBorder p="md">
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <ThemeIcon size={38} radius="xl" variant="light">
          <Icon name="person" size={20} />
        </ThemeIcon>
        <div style={{ minWidth: 0 }}>
          <Text fw={700} style={{ overflowWrap: 'anywhere' }}>
            {person}
          </Text>
          <Text size="sm" c="dimmed">
            {schedule}, {layer} · {team}
          </Text>
          <Text size="sm">
            until {until.slice(5, 16).replace('T', ' ')} UTC, for {span(at, until)}
          </Text>
          {override !== undefined && (
            <Text size="xs" c="dimmed">
              Instead of the usual rotation{override === '' ? '' : `: ${override}`}
            </Text>
          )}
        </div>
      </Group>
    </Paper>
  );
}
