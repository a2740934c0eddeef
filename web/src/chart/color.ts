/** `cyan.7` as the theme's variable. */
export function colorVariable(color: string): string {
  return `var(--mantine-color-${color.replace('.', '-')})`;
}
