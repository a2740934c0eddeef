/**
 * When an indicator went bad, from its error ratio over a short probe window at regular steps, oldest first:
 * the beginning of the last run of steps over the rule's threshold, where dips of up to two minutes belong to the run,
 * carried back while the ratio was over the budget. The first bad event lies between that step and the one before it,
 * so the step before is the answer. Undefined when no step was over the threshold.
 */
export function onsetOf(
  points: readonly (readonly [ms: number, ratio: number])[],
  bounds: { threshold: number; budget: number; stepMs: number },
): number | undefined {
  let first: number | undefined;
  let index = points.length - 1;
  for (; index >= 0; index--) {
    const [at, ratio] = points[index]!;
    if (ratio > bounds.threshold) {
      if (first !== undefined && first - at > DIP_MS) break;
      first = at;
    } else if (first !== undefined && first - at > DIP_MS) break;
  }
  if (first === undefined) return undefined;
  // Diluted by the good events of its window, a ratio crosses the threshold a little after the first bad event.
  let start = points.findIndex(([at]) => at === first);
  while (
    start > 0 &&
    points[start - 1]![1] > bounds.budget &&
    points[start]![0] - points[start - 1]![0] <= DIP_MS
  )
    start--;
  return points[start]![0] - bounds.stepMs;
}

const DIP_MS = 120_000;
