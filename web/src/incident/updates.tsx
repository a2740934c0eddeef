import { Blockquote, Button, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useCommand } from '../command.ts';
import { Confirm } from '../confirm.tsx';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { span, Time, useNow } from '../time.tsx';
import type { Entry, Incident } from './incident.ts';

/** What people were told last, and by when they will hear more. */
export function Updates({ incident, timeline }: { incident: Incident; timeline: readonly Entry[] }) {
  const [opened, { open, close }] = useDisclosure();
  const update = useCommand('incident.update');
  const last = timeline.findLast(entry => entry.kind === 'update');
  const { id, status } = incident;
  return (
    <Section
      title="Told to everyone"
      icon="megaphone"
      aside={
        status === 'resolved' ? undefined : (
          <Button size="xs" variant="default" onClick={open}>
            Update
          </Button>
        )
      }
    >
      <Stack gap="xs">
        {last === undefined ? (
          <Nothing what="Nothing has been told yet." next="The first update is written from what is known." />
        ) : (
          <>
            <Blockquote
              p="sm"
              radius="sm"
              color="indigo"
              fz="sm"
              style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}
            >
              {last.text}
            </Blockquote>
            <Text size="xs" c="dimmed">
              At <Time at={last.at} size="xs" /> UTC,{' '}
              {last.actor === 'nines' ? 'written from recorded facts' : `by ${last.actor}`}.
            </Text>
          </>
        )}
        <NextUpdate incident={incident} />
      </Stack>
      <Confirm
        title={`Tell how ${id} stands`}
        label="Tell everyone"
        reason={{
          label: 'In your words; leave it empty and it is written from the recorded facts',
          optional: true,
        }}
        opened={opened}
        onClose={close}
        busy={update.isPending}
        error={update.error}
        onConfirm={text => update.mutate({ id, ...(text === '' ? {} : { text }) }, { onSuccess: close })}
      />
    </Section>
  );
}

function NextUpdate({ incident: { nextUpdateAt, status } }: { incident: Incident }) {
  const now = useNow();
  if (nextUpdateAt === undefined)
    return status === 'resolved' ? null : (
      <Text size="sm" c="dimmed">
        No next update is promised.
      </Text>
    );
  const late = Date.parse(nextUpdateAt) < now;
  const text = late
    ? `late by ${span(nextUpdateAt, now)}`
    : `in ${span(new Date(now).toISOString(), Date.parse(nextUpdateAt))}`;
  return (
    <Group gap={6}>
      <Text size="sm" fw={600}>
        Next update {nextUpdateAt.slice(11, 16)} UTC
      </Text>
      <Text size="sm" c={late ? 'orange' : 'dimmed'} style={{ fontVariantNumeric: 'tabular-nums' }}>
        {text}
      </Text>
    </Group>
  );
}
