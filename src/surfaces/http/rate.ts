/** What one client has left: a bucket that refills steadily. */
interface Bucket {
  tokens: number;
  at: number;
}

export interface RateBound {
  /** Requests a second in the long run. */
  perSecond: number;
  /** Requests at once, before the rate counts. */
  burst: number;
  /** Clients that are remembered; beyond it the one that was quiet longest is forgotten. */
  maxClients: number;
}

/** A bound on requests by client. `take` gives 0 if the request may go on, or the seconds to wait. */
export function createRate({ perSecond, burst, maxClients }: RateBound) {
  const buckets = new Map<string, Bucket>();
  return {
    take(client: string, nowMs: number): number {
      const known = buckets.get(client);
      const refilled =
        known === undefined ? burst : known.tokens + (Math.max(0, nowMs - known.at) / 1000) * perSecond;
      const tokens = Math.min(burst, refilled);
      const allowed = tokens >= 1;
      // Set anew, so that the map's order is that of the last use.
      buckets.delete(client);
      buckets.set(client, { tokens: allowed ? tokens - 1 : tokens, at: nowMs });
      if (buckets.size > maxClients) buckets.delete(buckets.keys().next().value!);
      return allowed ? 0 : Math.max(1, Math.ceil((1 - tokens) / perSecond));
    },
  };
}
