import { Anchor, Button, Group, Paper, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { Failure } from '../answer.tsx';
import { ApiError, useOperation } from '../api.ts';
import { useCommand } from '../command.ts';
import { Copy } from '../copy.tsx';
import { Nothing } from '../nothing.tsx';
import { Document } from './document.tsx';

/** A closed incident as a document. */
export function PostmortemPage({ id }: { id: string }) {
  const asked = useOperation('postmortem.show', { incident: id });
  const { data, error } = asked;
  const absent = data === undefined && error instanceof ApiError && error.code === 'not_found';
  return (
    <Stack gap="md" maw={900} mx="auto">
      <Group justify="space-between">
        <Anchor component={Link} href={`/incidents/${id}`} size="sm">
          ← {id}
        </Anchor>
        {data !== undefined && (
          <Group gap="sm">
            <Text size="xs" c="dimmed">
              Version {data.version}, {data.edited ? 'edited by people' : 'drafted from recorded facts'},{' '}
              {data.at.slice(0, 16).replace('T', ' ')} UTC
            </Text>
            <Copy text={data.markdown} />
          </Group>
        )}
      </Group>
      {error !== null && !absent && (
        <Failure error={error} {...(data === undefined ? {} : { since: asked.dataUpdatedAt })} />
      )}
      {absent && <Absent id={id} />}
      {data !== undefined && (
        <Paper withBorder p={{ base: 'md', sm: 'xl' }}>
          {data.problem !== undefined && (
            <Text size="sm" c="orange" mb="md">
              {data.problem}
            </Text>
          )}
          <Document markdown={data.markdown} />
        </Paper>
      )}
    </Stack>
  );
}

function Absent({ id }: { id: string }) {
  const draft = useCommand('postmortem.draft');
  return (
    <Paper withBorder p="xl">
      <Nothing
        icon="document"
        what={`There is no postmortem of ${id} yet.`}
        next="It is drafted by itself once the incident is resolved, from what was recorded. It can be drafted now, too."
      />
      <Group mt="md">
        <Button loading={draft.isPending} onClick={() => draft.mutate({ incident: id })}>
          Draft it now
        </Button>
      </Group>
      {draft.error !== null && <Failure error={draft.error} doing />}
    </Paper>
  );
}
