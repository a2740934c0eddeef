import { Group, Progress, Text } from '@mantine/core';
import { span } from '../time.tsx';
import { type Slo, windowWords } from './slo.ts';
import { SLO_STATES } from './state.tsx';

/** How much of the error budget is left, as a bar and in words; `brief`: in a table that has its head. */
export function BudgetBar({ slo, brief = false }: { slo: Slo; brief?: boolean }) {
  const { budgetRemaining, state } = slo;
  if (budgetRemaining === undefined)
    return (
      <Text size="sm" c="dimmed">
        Budget not known
      </Text>
    );
  const left = Math.max(0, Math.min(1, budgetRemaining));
  const words =
    budgetRemaining < 0
      ? `overspent by ${share(-budgetRemaining)}`
      : `${share(budgetRemaining)}${brief ? '' : ' of budget left'}`;
  const aside = seen(slo);
  return (
    <div>
      <Group justify="space-between" gap={4} mb={4}>
        <Text size="sm" fw={600} style={{ fontVariantNumeric: 'tabular-nums' }}>
          {words}
        </Text>
        {(aside !== undefined || !brief) && (
          <Text size="xs" c="dimmed">
            {aside ?? `over ${windowWords(slo.window)}`}
          </Text>
        )}
      </Group>
      <Progress
        value={left * 100}
        color={`${SLO_STATES[state].color}.6`}
        size={brief ? 'sm' : 'md'}
        aria-label={`Budget left: ${words}`}
      />
    </div>
  );
}

/** Rounded down, so that nothing that was spent is shown as all. */
function share(value: number): string {
  return `${Math.floor(value * 1000) / 10} %`;
}

/** Over how much of its window there is data, where it is a part: minutes that were seen are not a month. */
function seen({ window, windowFrom, at, coverage, budgetMinutes, target }: Slo): string | undefined {
  // The budget is worth the same share of the window as the target leaves: that tells how long a month is.
  const knownMs = (coverage * budgetMinutes * 60_000) / (1 - target);
  // Of a calendar window only what has passed can have data.
  if (coverage >= 0.99 || knownMs >= 0.99 * (Date.parse(at) - Date.parse(windowFrom))) return undefined;
  return `data for ${span(new Date(Date.parse(at) - knownMs).toISOString(), at)} of ${windowWords(window)}`;
}
