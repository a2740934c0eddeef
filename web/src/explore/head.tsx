import { Group, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Range } from './range.ts';
import { RangePicker } from './range-picker.tsx';

/** The head of an explore page: what it is, and the window that it shows. */
export function ExploreHead({
  title,
  says,
  range,
  onRange,
}: {
  title: string;
  says?: ReactNode;
  range: Range;
  onRange(range: Range): void;
}) {
  return (
    <Group justify="space-between" gap="sm" align="flex-start">
      <div>
        <Title order={1} size="h3">
          {title}
        </Title>
        {says !== undefined && (
          <Text size="sm" c="dimmed">
            {says}
          </Text>
        )}
      </div>
      <RangePicker range={range} onChange={onRange} />
    </Group>
  );
}
