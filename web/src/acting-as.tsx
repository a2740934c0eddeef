import { Button, Popover, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { principal, setPrincipal } from './api.ts';
import { Icon } from './icon.tsx';
import { type Session, useSession, useSignOut } from './session.ts';

/** By what name this browser's user acts: it is recorded with everything that is done. */
export function ActingAs() {
  const [opened, { toggle, close }] = useDisclosure();
  const [shown, setShown] = useState(principal());
  const session = useSession().data;
  const name = session?.signedIn === true ? session.name : shown;
  return (
    <Popover opened={opened} onChange={close} trapFocus position="bottom-end" withArrow shadow="md">
      <Popover.Target>
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          leftSection={<Icon name="person" size={14} />}
          onClick={toggle}
          aria-label={`You act as ${name}; change it`}
          maw={160}
        >
          {name}
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw={300}>
        {session?.signedIn === true ? (
          <SignedIn session={session} />
        ) : (
          <NameForm
            onDone={next => {
              setPrincipal(next);
              setShown(next);
              close();
            }}
          />
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

const MAY: Record<string, string> = {
  viewer: 'You may look at everything, and change nothing.',
  responder: 'You may look at everything, and act.',
  admin: 'You may do everything.',
};

function SignedIn({ session: { name, role } }: { session: Session }) {
  const signOut = useSignOut();
  return (
    <Stack gap="xs">
      <Text size="sm">
        You are signed in as{' '}
        <Text span fw={600}>
          {name}
        </Text>
        , {role}. {MAY[role]}
      </Text>
      <Button size="xs" variant="default" loading={signOut.isPending} onClick={() => signOut.mutate()}>
        Sign out
      </Button>
    </Stack>
  );
}

function NameForm({ onDone }: { onDone(name: string): void }) {
  const [name, setName] = useState(principal());
  return (
    <form
      onSubmit={event => {
        event.preventDefault();
        if (name.trim() !== '') onDone(name.trim());
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
          What you do is recorded under this name.
        </Text>
        <Button size="xs" type="submit">
          Use this name
        </Button>
      </Stack>
    </form>
  );
}
