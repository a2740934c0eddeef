import { Group, Paper, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';

/** A card with a heading; `aside` stands at its right end. */
export function Section({
  title,
  icon,
  aside,
  children,
  color,
}: {
  title: string;
  icon?: IconName;
  aside?: ReactNode;
  children: ReactNode;
  /** A line of this colour at the top, for the cards that matter most. */
  color?: string;
}) {
  return (
    <Paper
      component="section"
      withBorder
      p="md"
      aria-label={title}
      style={{
        minWidth: 0,
        ...(color === undefined ? {} : { borderTop: `3px solid var(--mantine-color-${color}-6)` }),
      }}
    >
      <Group justify="space-between" gap="xs" mb="sm" wrap="nowrap">
        <Group gap={8} wrap="nowrap" c="dimmed">
          {icon !== undefined && <Icon name={icon} size={18} />}
          <Title order={2} size="h5" c="var(--mantine-color-text)">
            {title}
          </Title>
        </Group>
        {aside}
      </Group>
      {children}
    </Paper>
  );
}
