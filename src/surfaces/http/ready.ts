import { messageOf } from '../../kernel/index.ts';

/** One thing that must work before Nines is ready, and whether it does. */
export interface Check {
  name: string;
  ok: boolean;
  detail?: string;
}

/** Finds out about one thing. What it throws, or not answering in time, counts as not ok. */
export interface ReadinessCheck {
  name: string;
  check(): Promise<{ ok: boolean; detail?: string }>;
}

const TIMEOUT_MS = 2_000;

/** Runs all checks side by side, each for at most two seconds. */
export async function runChecks(checks: readonly ReadinessCheck[]): Promise<Check[]> {
  return await Promise.all(checks.map(runCheck));
}

async function runCheck({ name, check }: ReadinessCheck): Promise<Check> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<{ ok: boolean; detail: string }>(resolve => {
    timer = setTimeout(resolve, TIMEOUT_MS, { ok: false, detail: `no answer within ${TIMEOUT_MS / 1000} s` });
  });
  try {
    return { name, ...(await Promise.race([check(), late])) };
  } catch (error) {
    return { name, ok: false, detail: messageOf(error) };
  } finally {
    clearTimeout(timer);
  }
}
