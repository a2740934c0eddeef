/** The longest that an evaluation keeps the event loop to itself, in ms. */
const longestTurnMs = 20;

/** A pause for `QueryOptions`: lets others run when the last time is long ago, so that a large query can be given up. */
export function fairPause(): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < longestTurnMs) return undefined;
    return new Promise(resolve =>
      setImmediate(() => {
        last = performance.now();
        resolve();
      }),
    );
  };
}
