import { Group, Progress, Text } from '@mantine/core';
import { percent } from '../figure.ts';
import type { Slo } from './slo.ts';
import { SLO_STATES } from './state.tsx';

/** How much of the error budget is left, as a bar and in words. */
export function BudgetBar({ slo: { budgetRemaining, state, window, coverage } }: { slo: Slo }) {
  if (budgetRemaining === undefined)
    return (
      <Text size="sm" c="dimmed">
        Budget not known
      </Text>
    );
  const left = Math.max(0, Math.min(1, budgetRemaining));
  const words =
    budgetRemaining >= 0
      ? `${percent(budgetRemaining)} of the budget left`
      : `overspent by ${percent(-budgetRemaining)}`;
  return (
    <div>
      <Group justify="space-between" gap={4} mb={4} wrap="nowrap">
        <Text size="sm" fw={600} style={{ fontVariantNumeric: 'tabular-nums' }}>
          {words}
        </Text>
        <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
          {window}
          {coverage < 0.99 ? `, ${percent(coverage)} seen` : ''}
        </Text>
      </Group>
      <Progress value={left * 100} color={SLO_STATES[state].color} size="md" aria-label={words} />
    </div>
  );
}
