const CHECK_MS = 500;

/**
 * Calls `stop` once the process that started this one is gone (killed, say, without a chance to stop us). For programs
 * that a script starts and that nobody else would end.
 */
export function stopWithParent(stop: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, CHECK_MS);
  timer.unref();
}
