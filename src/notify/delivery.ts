import { z } from 'zod';
import { type Duration, Instant, milliseconds } from '../kernel/index.ts';

/**
 * One message on its way to one address by one channel. `sent` means that the channel's far side has accepted it;
 * `withdrawn` that it was no longer wanted before it went out.
 */
export const Delivery = z.object({
  id: z.string(),
  message: z.string(),
  person: z.string(),
  channel: z.string(),
  address: z.string(),
  state: z.enum(['queued', 'sending', 'sent', 'failed', 'withdrawn']),
  attempts: z.int().describe('How often sending was begun'),
  /** An attempt was cut off by a crash: the far side may have got it already, under the same key. */
  uncertain: z.boolean(),
  queuedAt: Instant,
  nextAt: Instant.optional(),
  sentAt: Instant.optional(),
  failedAt: Instant.optional(),
  /** Why the last attempt did not succeed. */
  error: z.string().optional(),
  /** What the far side calls it, as a Message-ID. */
  reference: z.string().optional(),
  incident: z.string().optional(),
  subject: z.string(),
});
export type Delivery = z.infer<typeof Delivery>;

// A page is worth seconds at first; after four minutes the escalation has reached the next person by itself.
const WAITS_MS = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 120_000];
const MAX_WAIT_MS = 300_000;

export const MAX_ATTEMPTS = WAITS_MS.length + 1;

/** How long to wait after the `attempts`-th attempt failed, or undefined when it was the last. */
export function waitAfter(attempts: number, retryAfterMs = 0): Duration | undefined {
  const wait = WAITS_MS[attempts - 1];
  return wait === undefined ? undefined : milliseconds(Math.max(wait, Math.min(retryAfterMs, MAX_WAIT_MS)));
}
