/**
 * Fisher's exact test, one-sided: how likely so many slow requests or more would have an attribute if slow ones had it
 * as often as the others. Exact for any counts, also small ones. (R. A. Fisher: "On the Interpretation of χ² from
 * Contingency Tables, and the Calculation of P", J. Royal Statistical Society 85, 1922.)
 * @param slow with the attribute among `slowOf`
 * @param rest with the attribute among `restOf`
 */
export function fisherGreater(slow: number, slowOf: number, rest: number, restOf: number): number {
  const having = slow + rest;
  const all = slowOf + restOf;
  const most = Math.min(having, slowOf);
  const base = logChoose(all, having);
  let p = 0;
  for (let k = slow; k <= most; k++)
    p += Math.exp(logChoose(slowOf, k) + logChoose(restOf, having - k) - base);
  return Math.min(1, p);
}

const logFactorials: number[] = [0];
function logFactorial(n: number): number {
  for (let k = logFactorials.length; k <= n; k++) logFactorials.push(logFactorials[k - 1]! + Math.log(k));
  return logFactorials[n]!;
}

function logChoose(n: number, k: number): number {
  return k < 0 || k > n ? Number.NEGATIVE_INFINITY : logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/**
 * Which of many tests stand, so that of those that do at most the share `rate` is expected to be chance. (Benjamini,
 * Hochberg: "Controlling the False Discovery Rate", J. Royal Statistical Society B 57, 1995.)
 */
export function discoveries(ps: readonly number[], rate: number): boolean[] {
  const sorted = [...ps].sort((a, b) => a - b);
  let least = Number.NEGATIVE_INFINITY;
  for (const [index, p] of sorted.entries()) if (p <= ((index + 1) / ps.length) * rate) least = p;
  return ps.map(p => p <= least);
}
