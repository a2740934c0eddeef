/** Seeded randomness and the arrival process of the load: pure, so that a seed gives the same load everywhere. */

/** Uniform numbers in [0, 1) from a 32-bit seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export type Kind = 'browse' | 'login' | 'checkout';

export interface Arrival {
  /** Milliseconds since the start of the load. */
  at: number;
  kind: Kind;
  customerId: number;
  /** Index into the shop's range. */
  product: number;
  quantity: number;
}

export interface Mix {
  /** Requests per second over all kinds. */
  rate: number;
  seed: number;
  /** Shares of the kinds; they sum to 1. */
  shares: Record<Kind, number>;
  customers: number;
  products: number;
}

/** A Poisson process: gaps between arrivals are exponential with mean 1/rate, whatever happened before. */
export function* arrivals(mix: Mix): Generator<Arrival, never> {
  const next = random(mix.seed);
  const below = (limit: number): number => Math.floor(next() * limit);
  let at = 0;
  for (;;) {
    at += (-Math.log(1 - next()) / mix.rate) * 1_000;
    const pick = next();
    const { browse, login } = mix.shares;
    const kind = pick < browse ? 'browse' : pick < browse + login ? 'login' : 'checkout';
    yield {
      at,
      kind,
      customerId: 1 + below(mix.customers),
      product: below(mix.products),
      quantity: 1 + below(3),
    };
  }
}
