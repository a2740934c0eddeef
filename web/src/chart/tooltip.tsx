import { Group, Paper, Text } from '@mantine/core';
import { colorVariable } from './color.ts';
import type { Series } from './series.ts';
import styles from './swatch.module.css';

/** More at one instant than can be read are counted only. */
const MOST = 8;

/** What the chart shows at the instant that is pointed at, the highest first. */
export function ChartTooltip({
  title,
  series,
  payload,
  format,
}: {
  title: string;
  series: readonly Series[];
  payload: readonly { dataKey?: unknown; value?: unknown }[] | undefined;
  format: (value: number) => string;
}) {
  const found = (payload ?? [])
    .flatMap(({ dataKey, value }) => {
      const one = series.find(({ key }) => key === dataKey);
      return one !== undefined && typeof value === 'number' ? [{ ...one, value }] : [];
    })
    .filter((one, index, all) => all.findIndex(({ key }) => key === one.key) === index)
    .toSorted((a, b) => b.value - a.value);
  if (found.length === 0) return null;
  return (
    <Paper withBorder shadow="md" p="xs" maw={360}>
      <Text size="xs" fw={600} mb={4}>
        {title}
      </Text>
      {found.slice(0, MOST).map(({ key, label, color, value }) => (
        <Group key={key} gap={6} wrap="nowrap" justify="space-between">
          <Group gap={6} wrap="nowrap" style={{ minWidth: 0 }}>
            <span className={styles.swatch} style={{ background: colorVariable(color) }} />
            <Text size="xs" truncate>
              {label}
            </Text>
          </Group>
          <Text size="xs" fw={600} style={{ whiteSpace: 'nowrap' }}>
            {format(value)}
          </Text>
        </Group>
      ))}
      {found.length > MOST && (
        <Text size="xs" c="dimmed">
          and {found.length - MOST} lower
        </Text>
      )}
    </Paper>
  );
}
