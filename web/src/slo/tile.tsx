import { Group, Paper, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { percent, target, times } from '../figure.ts';
import { BudgetBar } from './budget-bar.tsx';
import { burnNow, type Slo, sloAddress, windowWords } from './slo.ts';
import { SloState } from './state.tsx';
import styles from './tile.module.css';

/** An objective at a glance: state, budget left, indicator and burn. Leads to its page. */
export function SloTile({ slo }: { slo: Slo }) {
  const burn = burnNow(slo);
  return (
    <Paper component={Link} href={sloAddress(slo.objective)} withBorder p="md" className={styles.tile}>
      <Stack gap="sm">
        <Group justify="space-between" wrap="nowrap" gap="xs" align="flex-start">
          <div style={{ minWidth: 0 }}>
            <Text fw={600} size="sm" style={{ overflowWrap: 'anywhere' }}>
              {slo.displayName}
            </Text>
            <Text size="xs" c="dimmed">
              {slo.service}
            </Text>
          </div>
          <SloState slo={slo} />
        </Group>
        <BudgetBar slo={slo} />
        <Text size="xs" c="dimmed" style={{ fontVariantNumeric: 'tabular-nums' }}>
          {slo.sli === undefined
            ? (slo.reason ?? 'Nothing is known').replace(/\.$/, '')
            : `${percent(slo.sli)} good`}
          {' · '}
          {target(slo.target)} promised
          {burn === undefined ? '' : ` · burns ${times(burn.burnRate)} over ${windowWords(burn.window)}`}
        </Text>
      </Stack>
    </Paper>
  );
}
