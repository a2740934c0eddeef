import { Text, ThemeIcon } from '@mantine/core';
import { Icon, type IconName } from '../icon.tsx';
import { Quoted } from '../quoted.tsx';
import { Time } from '../time.tsx';
import type { Entry } from './incident.ts';
import styles from './timeline-entry.module.css';

const KINDS: Record<Entry['kind'], { icon: IconName; color: string; words: string }> = {
  alert: { icon: 'alert', color: 'red', words: 'Alert' },
  page: { icon: 'bell', color: 'orange', words: 'Page' },
  acknowledge: { icon: 'person', color: 'cyan', words: 'Acknowledged' },
  phase: { icon: 'flag', color: 'gray', words: 'Phase' },
  role: { icon: 'person', color: 'gray', words: 'Role' },
  note: { icon: 'pencil', color: 'gray', words: 'Note' },
  update: { icon: 'megaphone', color: 'indigo', words: 'Update' },
  verdict: { icon: 'search', color: 'grape', words: 'Verdict' },
  proposal: { icon: 'wrench', color: 'teal', words: 'Fix proposed' },
  approval: { icon: 'shield', color: 'teal', words: 'Approval' },
  action: { icon: 'bolt', color: 'teal', words: 'Action' },
  verification: { icon: 'gauge', color: 'teal', words: 'Check' },
  resolve: { icon: 'check', color: 'teal', words: 'Resolved' },
  postmortem: { icon: 'document', color: 'indigo', words: 'Postmortem' },
  change: { icon: 'swap', color: 'grape', words: 'Change' },
};

export function TimelineEntry({ entry, withDate }: { entry: Entry; withDate: boolean }) {
  const { icon, color, words } = KINDS[entry.kind];
  return (
    <li className={styles.entry}>
      <span className={styles.time}>
        {withDate && (
          <Text span size="xs" c="dimmed">
            {entry.at.slice(5, 10)}
          </Text>
        )}
        <Time at={entry.at} size="sm" c="dimmed" />
      </span>
      <ThemeIcon size={24} radius="xl" variant="light" color={color}>
        <Icon name={icon} size={14} />
      </ThemeIcon>
      <div className={styles.words}>
        <Text size="xs" c="dimmed">
          {words}
          {entry.actor === 'nines' ? '' : ` · ${entry.actor}`}
        </Text>
        <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          <Quoted text={entry.text} />
        </Text>
      </div>
    </li>
  );
}
