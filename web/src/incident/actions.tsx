import { Button, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { Link } from 'wouter';
import { Failure } from '../answer.tsx';
import { useCommand } from '../command.ts';
import { Confirm } from '../confirm.tsx';
import { Icon } from '../icon.tsx';
import type { Incident } from './incident.ts';

/** What a person can do with the incident itself. All of it changes only what Nines knows. */
export function Actions({ incident }: { incident: Incident }) {
  const { id, status, acknowledgedAt } = incident;
  const acknowledge = useCommand('incident.acknowledge');
  if (status === 'resolved')
    return (
      <Group gap="xs">
        <Reopen id={id} />
        <Button component={Link} href={`/incidents/${id}/postmortem`} leftSection={<Icon name="document" />}>
          Read the postmortem
        </Button>
      </Group>
    );
  return (
    <Group gap="xs">
      <Note id={id} />
      {status === 'open' && <Mitigated id={id} />}
      <Resolve incident={incident} />
      {acknowledgedAt === undefined && (
        <Button
          leftSection={<Icon name="check" />}
          loading={acknowledge.isPending}
          onClick={() => acknowledge.mutate({ id })}
        >
          Acknowledge
        </Button>
      )}
      {acknowledge.error !== null && <Failure error={acknowledge.error} doing />}
    </Group>
  );
}

function Note({ id }: { id: string }) {
  const [opened, { open, close }] = useDisclosure();
  const note = useCommand('incident.note');
  return (
    <>
      <Button variant="default" leftSection={<Icon name="pencil" />} onClick={open}>
        Note
      </Button>
      <Confirm
        title={`Add a note to the timeline of ${id}`}
        label="Add the note"
        reason={{ label: 'What was seen, decided or done' }}
        opened={opened}
        onClose={close}
        busy={note.isPending}
        error={note.error}
        onConfirm={text => note.mutate({ id, text }, { onSuccess: close })}
      />
    </>
  );
}

function Mitigated({ id }: { id: string }) {
  const [opened, { open, close }] = useDisclosure();
  const mitigate = useCommand('incident.mitigate');
  return (
    <>
      <Button variant="default" onClick={open}>
        Mitigated
      </Button>
      <Confirm
        title={`Users no longer feel ${id}`}
        label="Say that it is mitigated"
        reason={{ label: 'What helped', placeholder: 'traffic moved to the other region' }}
        opened={opened}
        onClose={close}
        busy={mitigate.isPending}
        error={mitigate.error}
        onConfirm={why => mitigate.mutate({ id, why }, { onSuccess: close })}
      >
        <Text size="sm">It is watched from then on, and resolved once its alerts have stayed ended.</Text>
      </Confirm>
    </>
  );
}

function Resolve({ incident: { id, status, alerts } }: { incident: Incident }) {
  const [opened, { open, close }] = useDisclosure();
  const resolve = useCommand('incident.resolve');
  const firing = alerts.filter(alert => alert.resolvedAt === undefined);
  return (
    <>
      <Button variant={status === 'mitigated' ? 'light' : 'default'} onClick={open}>
        Resolve
      </Button>
      <Confirm
        title={`${id} is over`}
        label={firing.length === 0 ? 'Resolve' : 'Resolve although alerts fire'}
        {...(firing.length === 0 ? {} : { color: 'orange.8' })}
        reason={{ label: 'How it is known to be over', placeholder: 'errors are back at 0.01 %' }}
        opened={opened}
        onClose={close}
        busy={resolve.isPending}
        error={resolve.error}
        onConfirm={why => resolve.mutate({ id, why, anyway: firing.length > 0 }, { onSuccess: close })}
      >
        <Text size="sm">
          {firing.length === 0
            ? 'No alert of it fires any more. Its postmortem is drafted from what was recorded.'
            : `Still firing: ${firing.map(alert => alert.name).join(', ')}. Nines resolves it by itself once they have stayed ended.`}
        </Text>
      </Confirm>
    </>
  );
}

function Reopen({ id }: { id: string }) {
  const [opened, setOpened] = useState(false);
  const reopen = useCommand('incident.reopen');
  return (
    <>
      <Button variant="default" leftSection={<Icon name="undo" />} onClick={() => setOpened(true)}>
        Reopen
      </Button>
      <Confirm
        title={`${id} is back`}
        label="Open it again"
        reason={{ label: 'What is seen again' }}
        opened={opened}
        onClose={() => setOpened(false)}
        busy={reopen.isPending}
        error={reopen.error}
        onConfirm={why => reopen.mutate({ id, why }, { onSuccess: () => setOpened(false) })}
      >
        <Text size="sm">Whoever is on call is paged again if it is SEV1 or SEV2.</Text>
      </Confirm>
    </>
  );
}
