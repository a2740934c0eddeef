import { Button, Popover, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { principal, setPrincipal } from './api.ts';
import { Icon } from './icon.tsx';

/** By what name this browser's user acts: it is recorded with everything that is done. */
export function ActingAs() {
  const [opened, { toggle, close }] = useDisclosure();
  const [name, setName] = useState(principal());
  const [shown, setShown] = useState(principal());
  return (
    <Popover opened={opened} onChange={close} trapFocus position="bottom-end" withArrow shadow="md">
      <Popover.Target>
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          leftSection={<Icon name="person" size={14} />}
          onClick={toggle}
          aria-label={`You act as ${shown}; change it`}
          maw={160}
        >
          {shown}
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw={300}>
        <form
          onSubmit={event => {
            event.preventDefault();
            if (name.trim() === '') return;
            setPrincipal(name.trim());
            setShown(name.trim());
            close();
          }}
        >
          <Stack gap="xs">
            <TextInput
              label="You act as"
              maxLength={128}
              value={name}
              onChange={event => setName(event.currentTarget.value)}
              data-autofocus
            />
            <Text size="xs" c="dimmed">
              What you do is recorded under this name. A server with tokens takes the name of your token
              instead.
            </Text>
            <Button size="xs" type="submit">
              Use this name
            </Button>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
