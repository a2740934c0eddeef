import { Group, Text } from '@mantine/core';
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { milliseconds, percent, perSecond } from '../figure.ts';
import { Icon, type IconName } from '../icon.tsx';
import { HEALTH } from './health.ts';
import styles from './node.module.css';
import type { Place } from './service.ts';

export type PlaceNode = Node<{ place: Place; seconds: number; selected: boolean }, 'place'>;

const KINDS: Record<Place['kind'], { icon: IconName; words: string }> = {
  service: { icon: 'server', words: 'service' },
  database: { icon: 'database', words: 'database' },
  queue: { icon: 'queue', words: 'queue' },
  external: { icon: 'globe', words: 'outside' },
};

/** A service or database on the map: name, release, health, and rate, errors and duration. */
export function NodeCard({ data: { place, seconds, selected } }: NodeProps<PlaceNode>) {
  const { color, icon, words } = HEALTH[place.health];
  const { figures } = place;
  const release = place.running?.release;
  return (
    <div
      className={styles.node}
      data-selected={selected}
      style={{ borderLeftColor: `var(--mantine-color-${color}-6)` }}
      title={place.why}
    >
      <Handle type="target" position={Position.Left} className={styles.handle ?? ''} isConnectable={false} />
      <Group gap={6} wrap="nowrap">
        <Text component="span" c="dimmed" lh={1}>
          <Icon name={KINDS[place.kind].icon} />
        </Text>
        <Text size="sm" fw={700} truncate>
          {place.title}
        </Text>
        {release !== undefined && (
          <Text size="xs" c="dimmed" ff="monospace" style={{ marginLeft: 'auto' }}>
            {release}
          </Text>
        )}
      </Group>
      <Group
        gap={4}
        wrap="nowrap"
        c={`light-dark(var(--mantine-color-${color}-9), var(--mantine-color-${color}-4))`}
      >
        <Icon name={icon} size={13} />
        <Text size="xs" fw={600}>
          {words}
        </Text>
      </Group>
      <Text size="xs" className={styles.figures}>
        {figures === undefined || figures.count === 0
          ? 'no requests seen'
          : `${perSecond(figures.count / seconds)} · ${percent(figures.errors / figures.count)} errors`}
      </Text>
      <Text size="xs" c="dimmed" className={styles.figures}>
        {figures === undefined || figures.count === 0
          ? KINDS[place.kind].words
          : `p99 ${milliseconds(figures.p99Ms)}`}
      </Text>
      <Handle type="source" position={Position.Right} className={styles.handle ?? ''} isConnectable={false} />
    </div>
  );
}
