import { Group, Paper, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { Incident } from './incident.ts';
import styles from './row.module.css';
import { SeverityBadge } from './severity.tsx';
import { Status } from './status.tsx';

/** An incident as one line that leads to its page. */
export function IncidentRow({ incident }: { incident: Incident }) {
  const { id, severity, title, service, phase, status, openedAt } = incident;
  return (
    <Paper component={Link} href={`/incidents/${id}`} withBorder p="sm" className={styles.row}>
      <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
        <SeverityBadge of={severity} size="md" />
        <Text ff="monospace" size="sm" c="dimmed" style={{ flexShrink: 0 }}>
          {id}
        </Text>
        <Text fw={600} size="sm" style={{ overflowWrap: 'anywhere' }}>
          {title}
        </Text>
      </Group>
      <Group gap="md" wrap="wrap" className={styles.aside}>
        <Text size="sm" c="dimmed">
          {service} · {openedAt.slice(0, 10)} {openedAt.slice(11, 16)} UTC
          {status === 'open' ? ` · phase ${phase}` : ''}
        </Text>
        <Status incident={incident} size="sm" />
      </Group>
    </Paper>
  );
}
