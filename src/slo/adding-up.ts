/**
 * Parts that were measured one by one, so that they add up to what was measured as a whole. Counters are read at the edges
 * of each part, so that parts alone miss or double a little: all are scaled alike. Null stays null (no data), unless
 * there is something that no part has: then the last part has it, as that is where data begins. `sum` is what they came to. Pure.
 */
export function addingUp(
  parts: readonly (number | null)[],
  whole: number,
): { parts: (number | null)[]; factor: number; sum: number } {
  const sum = parts.reduce<number>((total, part) => total + (part ?? 0), 0);
  const factor = whole / sum;
  // Beside the smallest sums that a double holds there is no factor: they are nothing.
  if (sum > 0 && Number.isFinite(factor)) {
    const scaled = parts.map(part => (part === null ? null : part * factor));
    // What rounding leaves goes to the largest part, where it is least.
    const rest = whole - scaled.reduce<number>((total, part) => total + (part ?? 0), 0);
    const most = scaled.reduce<number>(
      (at, part, index) => ((part ?? -1) > (scaled[at] ?? -1) ? index : at),
      0,
    );
    return { parts: scaled.map((part, index) => (index === most ? (part ?? 0) + rest : part)), factor, sum };
  }
  if (whole <= 0 || parts.length === 0) return { parts: [...parts], factor: 1, sum };
  const known = parts.findLastIndex(part => part !== null);
  const at = known === -1 ? parts.length - 1 : known;
  return { parts: parts.map((part, index) => (index === at ? whole : part)), factor: 1, sum };
}
