/** The times, in epoch ms, between which points are taken. */
export interface TimeBounds {
  fromMs: number;
  toMs: number;
}

export type TimeProblem = 'too_old' | 'too_new';

export function timeProblem(at: number, bounds: TimeBounds): TimeProblem | undefined {
  return at < bounds.fromMs ? 'too_old' : at > bounds.toMs ? 'too_new' : undefined;
}

export function timeSentence(problem: TimeProblem, what: string): string {
  return problem === 'too_old'
    ? `A record of ${what} is older than the time for which it would be kept.`
    : `A record of ${what} is further in the future than clocks may differ.`;
}
