import { humanDuration, messageOf } from '../kernel/index.ts';
import { quote } from './sentence.ts';

/** What a verdict cannot do without is waited for: the store may be slow for the very reason that there is an incident. */
const SPANS_MS = 30_000;
const MORE_MS = 8_000;
/** Once a run has taken so long, what it can do without is left out. */
const ENOUGH_MS = 60_000;
/** A question that was given up is cancelled; this is how long its source may take to notice. */
const GRACE_MS = 500;

type Ask<T> = (signal: AbortSignal) => Promise<T>;

/**
 * Reads with patience by importance. A source that fails, or takes longer, leaves a sentence in `gaps` and the given
 * answer instead.
 */
export function patientReader(gaps: string[], now: () => number = () => performance.now()) {
  const began = now();
  const read = async <T>(what: string, ask: Ask<T>, otherwise: T, patienceMs: number): Promise<T> => {
    const giveUp = new AbortController();
    const late = () => new Error(`it took longer than ${humanDuration(patienceMs)}`);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await Promise.race([
        ask(giveUp.signal),
        new Promise<never>((_, reject) => {
          timer = setTimeout(() => {
            giveUp.abort(late());
            timer = setTimeout(() => reject(late()), GRACE_MS);
          }, patienceMs);
        }),
      ]);
    } catch (error) {
      const why = giveUp.signal.aborted ? late() : error;
      gaps.push(`${what} could not be read: ${quote(messageOf(why), 160)}.`);
      return otherwise;
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    /** For the spans and their course. */
    spans: <T>(what: string, ask: Ask<T>, otherwise: T): Promise<T> => read(what, ask, otherwise, SPANS_MS),
    /** For what adds to them. */
    more: async <T>(what: string, ask: Ask<T>, otherwise: T): Promise<T> => {
      if (now() - began < ENOUGH_MS) return read(what, ask, otherwise, MORE_MS);
      gaps.push(`${what} were left out, as reading had taken ${humanDuration(ENOUGH_MS)} already.`);
      return otherwise;
    },
  };
}
