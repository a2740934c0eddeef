import { Button, Group, Paper, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { Icon } from '../icon.tsx';

/** A question of several fields: what is chosen, then the button that asks, with what stands beside it. */
export function SearchFrame({
  label = 'Search',
  button = 'Search',
  align = 'flex-end',
  aside,
  onAsk,
  children,
}: {
  label?: string;
  button?: string;
  align?: 'flex-end' | 'flex-start';
  aside?: ReactNode;
  onAsk(): void;
  children: ReactNode;
}) {
  return (
    <Paper withBorder p="md" component="section" aria-label={label}>
      <form
        onSubmit={event => {
          event.preventDefault();
          onAsk();
        }}
      >
        <Stack gap="sm">
          <Group gap="sm" align={align}>
            {children}
          </Group>
          <Group gap="md">
            <Button size="xs" type="submit" leftSection={<Icon name="search" size={12} />}>
              {button}
            </Button>
            {aside}
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}
