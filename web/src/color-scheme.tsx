import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';

/** Switches between light and dark. */
export function ColorScheme() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const next = scheme === 'dark' ? 'light' : 'dark';
  return (
    <ActionIcon
      variant="default"
      aria-label={`Switch to ${next} colours`}
      onClick={() => setColorScheme(next)}
    >
      {scheme === 'dark' ? '☀' : '☾'}
    </ActionIcon>
  );
}
