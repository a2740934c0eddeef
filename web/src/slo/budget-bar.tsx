import { Group, Progress, Text } from '@mantine/core';
import { span } from '../time.tsx';
import type { Slo } from './slo.ts';
import { SLO_STATES } from './state.tsx';

/** How much of the error budget is left, as a bar and in words. */
export function BudgetBar({ slo }: { slo: Slo }) {
  const { budgetRemaining, state } = slo;
  if (budgetRemaining === undefined)
    return (
      <Text size="sm" c="dimmed">
        Budget not known
      </Text>
    );
  const left = Math.max(0, Math.min(1, budgetRemaining));
  const words =
    budgetRemaining >= 0
      ? `${share(budgetRemaining)} of budget left`
      : `overspent by ${share(-budgetRemaining)}`;
  return (
    <div>
      <Group justify="space-between" gap={4} mb={4}>
        <Text size="sm" fw={600} style={{ fontVariantNumeric: 'tabular-nums' }}>
          {words}
        </Text>
        <Text size="xs" c="dimmed">
          {seen(slo)}
        </Text>
      </Group>
      <Progress value={left * 100} color={`${SLO_STATES[state].color}.6`} size="md" aria-label={words} />
    </div>
  );
}

/** Rounded down, so that nothing that was spent is shown as all. */
function share(value: number): string {
  return `${Math.floor(value * 1000) / 10} %`;
}

/** Over how much of its window there is data: a budget that was seen for minutes is not one of 30 days. */
function seen({ window, windowFrom, at, coverage }: Slo): string {
  if (coverage >= 0.99) return `over ${window}`;
  const knownMs = (Date.parse(at) - Date.parse(windowFrom)) * coverage;
  return `data for ${span(new Date(Date.parse(at) - knownMs).toISOString(), at)} of ${window}`;
}
