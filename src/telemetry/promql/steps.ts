import type { Query } from './query.ts';

/**
 * Work in steps: it yields between blocks, where others may be let in. Short queries thus run through without a
 * promise a node.
 */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Do all steps; between them see whether the caller has given up, and pause if they asked for it. */
export async function finished<T>(query: Query, steps: Steps<T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    query.check();
    const pause = query.pause?.();
    if (pause) await pause;
  }
}
