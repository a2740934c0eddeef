import { Button, Group, Stack, Text } from '@mantine/core';
import { Failure } from '../answer.tsx';
import { principal } from '../api.ts';
import { useCommand } from '../command.ts';
import { Section } from '../section.tsx';
import { GiveRole } from './give-role.tsx';
import type { Incident, Role } from './incident.ts';

const ROLES: readonly { role: Role; name: string; does: string }[] = [
  { role: 'commander', name: 'Commander', does: 'decides and coordinates' },
  { role: 'opsLead', name: 'Operations lead', does: 'carries out the fix' },
  { role: 'communicationsLead', name: 'Communications lead', does: 'tells everyone' },
  { role: 'scribe', name: 'Scribe', does: 'writes down what happens' },
];

/** Who has which role. Anybody can take one; a person may have several. */
export function Roles({ incident }: { incident: Incident }) {
  const give = useCommand('incident.role');
  const { id, roles, status } = incident;
  return (
    <Section title="Roles" icon="person">
      <Stack gap="sm">
        {ROLES.map(({ role, name, does }) => {
          const holder = roles[role];
          return (
            <Group key={role} justify="space-between" wrap="nowrap" gap="xs">
              <div style={{ minWidth: 0 }}>
                <Text size="sm" fw={600}>
                  {name}
                </Text>
                <Text size="xs" c="dimmed" truncate>
                  {holder === undefined ? `${does}; open` : holder}
                </Text>
              </div>
              {status !== 'resolved' && (
                <Group gap={4} wrap="nowrap">
                  {holder !== principal() && (
                    <Button
                      size="compact-xs"
                      variant={holder === undefined ? 'light' : 'subtle'}
                      aria-label={`Take the role ${name}`}
                      loading={give.isPending && give.variables?.role === role}
                      onClick={() => give.mutate({ id, role, person: principal() })}
                    >
                      Take it
                    </Button>
                  )}
                  <GiveRole role={name} onGive={person => give.mutate({ id, role, person })} />
                </Group>
              )}
            </Group>
          );
        })}
        {give.error !== null && <Failure error={give.error} doing />}
      </Stack>
    </Section>
  );
}
