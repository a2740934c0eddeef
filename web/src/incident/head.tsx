import { Anchor, Badge, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import { Time } from '../time.tsx';
import { Actions } from './actions.tsx';
import type { Incident } from './incident.ts';
import { Phases } from './phases.tsx';
import { SeverityBadge } from './severity.tsx';
import { Status } from './status.tsx';

const ORANGE = 'light-dark(var(--mantine-color-orange-9), var(--mantine-color-orange-4))';

/** What, how bad, for how long, who has it, and how far the response has come. */
export function Head({ incident }: { incident: Incident }) {
  const { id, severity, severityWhy, title, service, affectedServices, onsetAt } = incident;
  const others = affectedServices.filter(one => one !== service);
  return (
    <Paper withBorder p="md" component="header">
      <Group justify="space-between" align="flex-start" gap="md">
        <Stack gap={6} style={{ flex: '1 1 420px', minWidth: 0 }}>
          <Group gap="sm" align="center">
            <SeverityBadge of={severity} why={severityWhy} />
            <Text ff="monospace" c="dimmed" style={{ flexShrink: 0 }}>
              {id}
            </Text>
            <Status incident={incident} />
          </Group>
          <Title order={1} size="h3" style={{ overflowWrap: 'anywhere' }}>
            {title}
          </Title>
          <Group gap="xs">
            <Anchor
              component={Link}
              href={`/services?service=${encodeURIComponent(service)}`}
              size="sm"
              fw={600}
            >
              {service}
            </Anchor>
            {others.map(other => (
              <Badge key={other} variant="light" color="gray" tt="none">
                also {other}
              </Badge>
            ))}
            <Text size="sm" c="dimmed">
              since <Time at={onsetAt} size="sm" /> UTC
            </Text>
            <Text size="sm" fw={untaken(incident) ? 600 : 400} c={untaken(incident) ? ORANGE : 'dimmed'}>
              · {taken(incident)}
            </Text>
          </Group>
        </Stack>
        <Actions incident={incident} />
      </Group>
      <div style={{ marginTop: 16 }}>
        <Phases incident={incident} />
      </div>
    </Paper>
  );
}

function taken({ acknowledgedBy, acknowledgedAt, status }: Incident): string {
  if (acknowledgedBy !== undefined) return `taken by ${acknowledgedBy} at ${acknowledgedAt?.slice(11, 16)}`;
  return status === 'resolved' ? 'nobody had to take it' : 'nobody has taken it yet';
}

function untaken({ acknowledgedBy, status }: Incident): boolean {
  return acknowledgedBy === undefined && status === 'open';
}
