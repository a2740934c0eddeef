import { Group, Text } from '@mantine/core';
import { Icon, type IconName } from '../icon.tsx';
import { span, useNow } from '../time.tsx';
import type { Incident } from './incident.ts';

const LOOKS: Record<Incident['status'], { color: string; icon: IconName; words: string }> = {
  open: { color: 'red', icon: 'alert', words: 'Users feel it' },
  mitigated: { color: 'yellow', icon: 'clock', words: 'Mitigated, being watched' },
  resolved: { color: 'teal', icon: 'check', words: 'Resolved' },
};

/** How it stands, and for how long it has lasted: since users first felt it, until they no longer did. */
export function Status({ incident, size = 'md' }: { incident: Incident; size?: 'sm' | 'md' }) {
  const now = useNow();
  const { color, icon, words } = LOOKS[incident.status];
  const end = incident.mitigatedAt ?? incident.resolvedAt;
  const lasted = span(incident.onsetAt, end ?? now);
  return (
    <Group gap={6} c={`light-dark(var(--mantine-color-${color}-9), var(--mantine-color-${color}-4))`}>
      <Icon name={icon} size={size === 'sm' ? 16 : 20} />
      <Text span fw={600} size={size}>
        {words}
      </Text>
      <Text span size={size} style={{ fontVariantNumeric: 'tabular-nums' }}>
        {end === undefined ? `for ${lasted}` : `· it hurt for ${lasted}`}
      </Text>
    </Group>
  );
}
