import { ActionIcon, Group, Skeleton, Text } from '@mantine/core';
import { Suspense } from 'react';
import { Icon } from '../icon.tsx';
import { lazyPart } from '../lazy-part.ts';

/** A third of a megabyte, so it comes after the page. */
const Editor = lazyPart(async () => (await import('./editor.tsx')).Editor);

/** One query of several, with the letter by which its series are told apart. */
export function QueryField({
  letter,
  value,
  onChange,
  onRun,
  onRemove,
}: {
  letter: string;
  value: string;
  onChange(value: string): void;
  onRun(): void;
  onRemove: (() => void) | undefined;
}) {
  return (
    <Group gap={8} wrap="nowrap" align="flex-start">
      {onRemove !== undefined && (
        <Text size="sm" fw={700} ff="monospace" c="dimmed" mt={7}>
          {letter}
        </Text>
      )}
      <div style={{ flex: 1, minWidth: 0 }}>
        <Suspense fallback={<Skeleton height={35} aria-label="Loading" />}>
          <Editor label={`Query ${letter}`} value={value} onChange={onChange} onRun={onRun} />
        </Suspense>
      </div>
      {onRemove !== undefined && (
        <ActionIcon
          variant="subtle"
          color="gray"
          size={34}
          aria-label={`Remove query ${letter}`}
          onClick={onRemove}
        >
          <Icon name="x" size={14} />
        </ActionIcon>
      )}
    </Group>
  );
}
