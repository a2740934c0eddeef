/** Calls another service of the shop: a deadline, and retries only while it cannot be reached. */
import { Refusal } from './server.ts';

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** How long a peer may be unreachable (it restarts, say) before a call gives up. */
const UNREACHABLE_MS = 3_000;

/**
 * Posts JSON and reads JSON. Connection failures are tried again with a growing pause, so `body` has to be safe
 * to send twice (checkout carries a request id). Throws Refusal 502 when unreachable, 504 past the deadline.
 */
export async function post(url: string, body: unknown, timeoutMs: number): Promise<Answer> {
  const started = Date.now();
  for (let pause = 25; ; pause = Math.min(pause * 2, 200)) {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const value: unknown = await response.json();
      return {
        status: response.status,
        body: typeof value === 'object' && value !== null ? { ...value } : {},
      };
    } catch (error) {
      if (error instanceof Error && error.name === 'TimeoutError') {
        throw new Refusal(504, `no answer within ${timeoutMs} ms`);
      }
      if (Date.now() - started > UNREACHABLE_MS) throw new Refusal(502, 'cannot be reached');
      await new Promise(resolve => setTimeout(resolve, pause));
    }
  }
}
