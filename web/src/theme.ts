import { type CSSVariablesResolver, createTheme } from '@mantine/core';

export const theme = createTheme({
  primaryColor: 'cyan',
  // On white the usual shade is under the contrast of 4.5 : 1 that links and buttons need (WCAG 2.2, 1.4.3).
  primaryShade: 9,
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace',
});

/** Dimmed text that can still be read at night and in the sun: Mantine's own is 3.3 : 1 on white. */
export const variables: CSSVariablesResolver = ({ colors }) => ({
  variables: {},
  light: { '--mantine-color-dimmed': '#5c646b' },
  dark: { '--mantine-color-dimmed': colors.dark[1] },
});
