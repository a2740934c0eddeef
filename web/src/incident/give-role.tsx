import { Button, Group, Popover, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';

/** Gives a role to somebody by name. */
export function GiveRole({ role, onGive }: { role: string; onGive(person: string): void }) {
  const [opened, { toggle, close }] = useDisclosure();
  const [person, setPerson] = useState('');
  return (
    <Popover opened={opened} onChange={close} trapFocus position="bottom-end" withArrow shadow="md">
      <Popover.Target>
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          onClick={toggle}
          aria-label={`Give the role ${role}`}
        >
          Give
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={event => {
            event.preventDefault();
            if (person.trim() === '') return;
            onGive(person.trim());
            setPerson('');
            close();
          }}
        >
          <Group gap="xs" align="flex-end" wrap="nowrap">
            <TextInput
              size="xs"
              label={`${role} is`}
              maxLength={128}
              value={person}
              onChange={event => setPerson(event.currentTarget.value)}
              data-autofocus
            />
            <Button size="xs" type="submit">
              Give
            </Button>
          </Group>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
