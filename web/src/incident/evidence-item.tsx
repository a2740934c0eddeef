import { Anchor, Box, Code, Collapse, Group, Text, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { inUnit } from '../figure.ts';
import { Icon, type IconName } from '../icon.tsx';
import { Quoted } from '../quoted.tsx';
import styles from './evidence-item.module.css';
import type { Evidence } from './incident.ts';

const KINDS: Record<Evidence['kind'], { icon: IconName; words: string }> = {
  metric: { icon: 'gauge', words: 'Metric' },
  trace: { icon: 'swap', words: 'Traces' },
  log: { icon: 'document', words: 'Logs' },
  change: { icon: 'flag', words: 'Change' },
  slo: { icon: 'shield', words: 'Objective' },
};

/** One observation: its sentence, its figures before and after, and what was asked to get them. */
export function EvidenceItem({ evidence }: { evidence: Evidence }) {
  const [opened, { toggle }] = useDisclosure();
  const { kind, statement, before, after, unit, query, link, traceIds = [] } = evidence;
  const { icon, words } = KINDS[kind];
  return (
    <li className={styles.item}>
      <UnstyledButton onClick={toggle} aria-expanded={opened} className={styles.row}>
        <Text component="span" c="dimmed" mt={2} title={words}>
          <Icon name={icon} />
        </Text>
        <Text size="sm" className={styles.statement}>
          <Quoted text={statement} />
        </Text>
        {after !== undefined && (
          <span className={styles.figures}>
            {before !== undefined && kind !== 'slo' && (
              <>
                <Text span size="sm" c="dimmed">
                  {inUnit(before, unit)}
                </Text>
                <Text span size="sm" c="dimmed" aria-label="before, then">
                  →
                </Text>
              </>
            )}
            <Text span size="sm" fw={700}>
              {inUnit(after, unit)}
            </Text>
          </span>
        )}
        <Text component="span" c="dimmed" className={styles.chevron} data-opened={opened}>
          <Icon name="down" />
        </Text>
      </UnstyledButton>
      <Collapse expanded={opened}>
        <Box pb="sm" pl={26}>
          <Text size="xs" c="dimmed" mb={4}>
            {words}: what was asked
          </Text>
          <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {query}
          </Code>
          <Group gap="md" mt={6}>
            <Anchor href={link} target="_blank" rel="noreferrer" size="xs">
              The data behind it
            </Anchor>
            {traceIds.slice(0, 3).map(id => (
              <Anchor key={id} href={`/traces/${id}`} size="xs" ff="monospace">
                trace {id.slice(0, 8)}…
              </Anchor>
            ))}
          </Group>
        </Box>
      </Collapse>
    </li>
  );
}
