import { Alert, CloseButton, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { ExploreLinks } from '../explore/links.tsx';
import { Icon } from '../icon.tsx';
import { Act } from './act.tsx';
import { Golden } from './golden.tsx';
import { HEALTH } from './health.ts';
import { Instances } from './instances.tsx';
import { Operations } from './operations.tsx';
import type { Place } from './service.ts';

/** One service: its golden signals, what takes its time, what runs, and what can be done with it. */
export function Panel({ place, onClose }: { place: Place; onClose(): void }) {
  const { color, icon } = HEALTH[place.health];
  return (
    <Paper withBorder p="md" component="section" aria-label={place.title}>
      <Stack gap="md">
        <Group justify="space-between" wrap="nowrap">
          <Title order={2} size="h4">
            {place.title}
          </Title>
          <CloseButton onClick={onClose} aria-label={`Close ${place.title}`} />
        </Group>
        <Alert color={color} p="xs" icon={<Icon name={icon} />}>
          <Text size="sm">
            {place.why}
            {place.tier === undefined ? '' : ` · tier ${place.tier}`}
          </Text>
        </Alert>
        {place.kind === 'service' && <ExploreLinks service={place.id} range={{ last: '15m' }} />}
        {place.kind === 'service' && <Golden service={place.id} />}
        {place.kind === 'service' && <Operations service={place.id} />}
        {place.name !== undefined && place.running !== undefined && (
          <>
            <Instances service={place.name} />
            <Act running={place.running} />
          </>
        )}
        {place.kind === 'service' && place.running === undefined && (
          <Text size="sm" c="dimmed">
            Nines does not run it, so it can act on nothing here: its Service has no runsOn.
          </Text>
        )}
      </Stack>
    </Paper>
  );
}
