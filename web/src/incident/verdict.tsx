import { Badge, Tooltip } from '@mantine/core';
import { Icon, type IconName } from '../icon.tsx';
import type { Investigation } from './incident.ts';

const LOOKS: Record<Investigation['verdict'], { color: string; icon: IconName; means: string }> = {
  confirmed: {
    color: 'teal.9',
    icon: 'check',
    means: 'Change, mechanism and symptom are all evidenced, and no rival is near.',
  },
  likely: { color: 'yellow.8', icon: 'search', means: 'One cause leads clearly, but a link is missing.' },
  inconclusive: {
    color: 'gray.7',
    icon: 'question',
    means: 'Stored evidence does not settle it. What is missing is listed.',
  },
};

export function VerdictBadge({ of }: { of: Investigation['verdict'] }) {
  const { color, icon, means } = LOOKS[of];
  return (
    <Tooltip label={means} multiline maw={300}>
      <Badge
        color={color}
        variant="filled"
        radius="sm"
        leftSection={<Icon name={icon} size={12} />}
        style={{ flexShrink: 0 }}
      >
        {of}
      </Badge>
    </Tooltip>
  );
}
