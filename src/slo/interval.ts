/** A stretch of time in epoch ms, `to` excluded. */
export interface Interval {
  from: number;
  to: number;
}

/** What is left of an interval without others, oldest first. */
export function without(interval: Interval, others: readonly Interval[]): Interval[] {
  let left = interval.to > interval.from ? [interval] : [];
  for (const other of others)
    left = left.flatMap(piece => {
      if (other.to <= piece.from || other.from >= piece.to) return [piece];
      return [
        { from: piece.from, to: other.from },
        { from: other.to, to: piece.to },
      ].filter(({ from, to }) => to > from);
    });
  return left;
}

/** The part of an interval inside a window; undefined when there is none. */
export function within(interval: Interval, window: Interval): Interval | undefined {
  const from = Math.max(interval.from, window.from);
  const to = Math.min(interval.to, window.to);
  return to > from ? { from, to } : undefined;
}
