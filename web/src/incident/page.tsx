import { Grid, SimpleGrid, Stack } from '@mantine/core';
import { useEffect } from 'react';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { Broken } from './broken.tsx';
import { EvidenceList } from './evidence-list.tsx';
import { Fix } from './fix.tsx';
import { Head } from './head.tsx';
import { LIVE_MS, type View } from './incident.ts';
import { Roles } from './roles.tsx';
import { Timeline } from './timeline.tsx';
import { Updates } from './updates.tsx';
import { Why } from './why.tsx';

/** One incident, for whoever was woken by it: what is broken, why, and which button is safe. */
export function IncidentPage({ id }: { id: string }) {
  const shown = useOperation('incident.show', { id }, { everyMs: 3 * LIVE_MS });
  return (
    <Answer query={shown} height={320}>
      {view => <Body view={view} />}
    </Answer>
  );
}

function Body({ view: { incident, timeline } }: { view: View }) {
  const asked = useOperation(
    'investigation.show',
    { incident: incident.id },
    { everyMs: incident.status === 'resolved' ? undefined : LIVE_MS },
  );
  const investigation = asked.data;
  useEffect(() => {
    const before = document.title;
    document.title = `${incident.id} ${incident.status}: ${incident.title}`;
    return () => {
      document.title = before;
    };
  }, [incident.id, incident.status, incident.title]);
  return (
    <Stack gap="md">
      <Head incident={incident} />
      <SimpleGrid cols={{ base: 1, md: 3 }} spacing="md">
        <Broken incident={incident} />
        <Why incident={incident} investigation={investigation} error={asked.error} />
        <Fix incident={incident} investigation={investigation} />
      </SimpleGrid>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 8 }} order={{ base: 2, md: 1 }}>
          <Timeline entries={timeline} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }} order={{ base: 1, md: 2 }}>
          <Stack gap="md">
            <Updates incident={incident} timeline={timeline} />
            <Roles incident={incident} />
          </Stack>
        </Grid.Col>
      </Grid>
      {investigation !== undefined && <EvidenceList investigation={investigation} />}
    </Stack>
  );
}
