import { Badge } from '@mantine/core';
import { Icon, type IconName } from '../icon.tsx';
import type { Proposal } from './incident.ts';

const LOOKS: Record<Proposal['state'], { color: string; icon: IconName; words: string }> = {
  proposed: { color: 'cyan.9', icon: 'wrench', words: 'proposed' },
  approved: { color: 'cyan.9', icon: 'check', words: 'approved' },
  running: { color: 'cyan.9', icon: 'bolt', words: 'under way' },
  verifying: { color: 'cyan.9', icon: 'gauge', words: 'being checked' },
  undoing: { color: 'orange.8', icon: 'undo', words: 'being undone' },
  succeeded: { color: 'teal.9', icon: 'check', words: 'it helped' },
  undone: { color: 'orange.8', icon: 'undo', words: 'undone' },
  failed: { color: 'red.8', icon: 'x', words: 'failed' },
  rejected: { color: 'gray.7', icon: 'x', words: 'rejected' },
};

export function FixState({ proposal: { state, start, lowered } }: { proposal: Proposal }) {
  const { color, icon, words } = LOOKS[state];
  const waits = state === 'proposed' && (start !== 'automatic' || lowered !== undefined);
  return (
    <Badge
      color={color}
      variant="filled"
      radius="sm"
      leftSection={<Icon name={icon} size={12} />}
      style={{ flexShrink: 0 }}
    >
      {waits ? 'waits for a person' : words}
    </Badge>
  );
}
