import { type CSSVariablesResolver, colorsTuple, createTheme, DEFAULT_THEME } from '@mantine/core';

const { orange, teal, yellow } = DEFAULT_THEME.colors;

export const theme = createTheme({
  primaryColor: 'cyan',
  // On white the usual shade is under the contrast of 4.5 : 1 that links and buttons need (WCAG 2.2, 1.4.3).
  primaryShade: 9,
  // The same for states, whose own darkest shades are 2.7, 3.6 and 4.3 : 1 on their light ground.
  colors: {
    orange: colorsTuple(orange.with(9, '#a83a0b')),
    teal: colorsTuple(teal.with(9, '#066b4c')),
    yellow: colorsTuple(yellow.with(9, '#8a5a00')),
  },
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
