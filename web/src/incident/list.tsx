import { Group, SegmentedControl, Stack, Title } from '@mantine/core';
import { useState } from 'react';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { Nothing } from '../nothing.tsx';
import { IncidentRow } from './row.tsx';

/** All incidents, newest first. */
export function IncidentList() {
  const [which, setWhich] = useState<'all' | 'active'>('all');
  const asked = useOperation('incident.list', { active: which === 'active', limit: 100 });
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Title order={1} size="h3">
          Incidents
        </Title>
        <SegmentedControl
          size="xs"
          value={which}
          onChange={value => setWhich(value === 'active' ? 'active' : 'all')}
          data={[
            { value: 'all', label: 'All' },
            { value: 'active', label: 'Not resolved' },
          ]}
          aria-label="Which incidents"
        />
      </Group>
      <Answer query={asked} height={240}>
        {({ incidents }) =>
          incidents.length === 0 ? (
            <Nothing
              icon="check"
              what={which === 'active' ? 'No incident is open.' : 'No incident has been opened yet.'}
              next="Alerts open incidents by themselves. A person can open one too, or break the example system to see one:"
              command="nines drill bad-release"
            />
          ) : (
            <Stack gap="xs" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
              {incidents.map(incident => (
                <li key={incident.id}>
                  <IncidentRow incident={incident} />
                </li>
              ))}
            </Stack>
          )
        }
      </Answer>
    </Stack>
  );
}
