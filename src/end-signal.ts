/** What of a process is needed to hear that it should end. */
export interface Signalled {
  on(signal: NodeJS.Signals, heard: () => void): unknown;
  exit(code: number): void;
}

/** One Ctrl-C is heard twice: from the terminal, and a moment later from a parent that passes it on. */
const SAME_MS = 1_000;

/**
 * Resolves with the first signal to end. Whoever presses Ctrl-C again later than a second wants the end at once, and
 * gets it. No other signal cuts an orderly stop short: what it had not stopped yet would be left behind.
 */
export function endSignal(
  target: Signalled = process,
  now: () => number = Date.now,
): Promise<NodeJS.Signals> {
  return new Promise(resolve => {
    let first: number | undefined;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      target.on(signal, () => {
        if (first === undefined) {
          first = now();
          resolve(signal);
        } else if (signal === 'SIGINT' && now() - first > SAME_MS) target.exit(130);
      });
  });
}
