import type { Labels } from './promql/labels.ts';

/** Bounds of a series' labels; a name or value is counted in UTF-16 units. */
export const mostLabels = 128;
export const longestName = 1024;
export const longestValue = 8192;

/** What is wrong with labels that go past a bound, as a sentence; undefined when nothing is. */
export function labelProblem(labels: Labels): string | undefined {
  const names = Object.keys(labels);
  if (names.length > mostLabels) return `A series has ${names.length} labels; ${mostLabels} are the most.`;
  for (const name of names)
    if (name.length > longestName || labels[name]!.length > longestValue)
      return `The label ${JSON.stringify(name.slice(0, 80))} is too long.`;
  return undefined;
}
