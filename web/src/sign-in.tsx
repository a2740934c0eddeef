import { Button, Group, Modal, PasswordInput, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Failure } from './answer.tsx';
import { isToken, useSignIn } from './session.ts';

/** Asks for the token that the server needs: at the beginning, and when a session has ended. */
export function SignIn() {
  const [token, setToken] = useState('');
  const signIn = useSignIn();
  return (
    <Modal opened onClose={() => {}} withCloseButton={false} title="Sign in" centered>
      <form
        onSubmit={event => {
          event.preventDefault();
          if (isToken(token.trim())) signIn.mutate(token.trim());
        }}
      >
        <Stack gap="md">
          <Text size="sm">
            This server needs to know who asks. Your session lasts twelve hours; what is on the page stays.
          </Text>
          <PasswordInput
            label="Your token"
            description="Whoever runs this server gives you one (auth.tokens in its configuration)."
            autoComplete="current-password"
            maxLength={4096}
            value={token}
            onChange={event => setToken(event.currentTarget.value)}
            data-autofocus
          />
          {signIn.error !== null && <Failure error={signIn.error} doing />}
          <Group justify="flex-end">
            <Button type="submit" loading={signIn.isPending} disabled={!isToken(token.trim())}>
              Sign in
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
