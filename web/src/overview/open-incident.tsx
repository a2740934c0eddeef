import { Button, Group, Paper, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { useOperation } from '../api.ts';
import { Icon } from '../icon.tsx';
import type { Incident } from '../incident/incident.ts';
import { Phases } from '../incident/phases.tsx';
import { SeverityBadge } from '../incident/severity.tsx';
import { Status } from '../incident/status.tsx';

/** An open incident, big: what is broken and why in two sentences, and the way to its page. */
export function OpenIncident({ incident }: { incident: Incident }) {
  const { id, severity, severityWhy, title, impact, status } = incident;
  const shown = useOperation('incident.show', { id });
  const cause = shown.data?.cause?.text;
  return (
    <Paper
      withBorder
      p="lg"
      component="section"
      aria-label={`${id}: ${title}`}
      style={{ borderLeft: `6px solid var(--mantine-color-${status === 'open' ? 'red' : 'yellow'}-6)` }}
    >
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start">
          <Stack gap={6} style={{ flex: '1 1 380px', minWidth: 0 }}>
            <Group gap="sm">
              <SeverityBadge of={severity} why={severityWhy} />
              <Text ff="monospace" c="dimmed">
                {id}
              </Text>
              <Status incident={incident} />
            </Group>
            <Text size="xl" fw={700} style={{ overflowWrap: 'anywhere' }}>
              {title}
            </Text>
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {cause ?? impact?.statement ?? 'The cause is being looked into.'}
            </Text>
          </Stack>
          <Button component={Link} href={`/incidents/${id}`} size="md" rightSection={<Icon name="right" />}>
            Open {id}
          </Button>
        </Group>
        <Phases incident={incident} />
      </Stack>
    </Paper>
  );
}
