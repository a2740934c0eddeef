/** What an earlier turn found: when something was asked last, and whether it gave no answer. */
interface Asked {
  turn: number;
  failed: boolean;
}

/** What one source of metrics answers for: asked in this order, for so long. */
interface Lane<T> {
  items: T[];
  patienceMs: number;
}

interface TurnLimits {
  /** From one turn to the next. */
  everyMs: number;
  /** The longest turn. */
  turnMs: number;
}

/** Who gave no answer is waited for longer in every so many turns only, so that it does not slow all the others down. */
const LONG_LOOK_EVERY = 12;

/**
 * Who is asked when, so that a source which hangs holds up neither those of other sources nor a turn for ever. Each
 * source has a lane, and one for those that it gave no answer for; in both, first comes who was not asked for the
 * longest time.
 */
export class TurnOrder {
  readonly #limits: TurnLimits;
  #asked = new Map<string, Asked>();
  #turn = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** The lanes of a new turn. */
  lanes<T>(items: readonly T[], idOf: (item: T) => string, sourceOf: (item: T) => string): Lane<T>[] {
    this.#turn++;
    const { everyMs, turnMs } = this.#limits;
    const short = this.#turn % LONG_LOOK_EVERY === 0 ? turnMs : Math.min(everyMs, turnMs);
    const before = this.#asked;
    this.#asked = new Map();
    const lanes = new Map<string, { ranked: { item: T; turn: number }[]; patienceMs: number }>();
    for (const item of items) {
      const known = before.get(idOf(item));
      if (known !== undefined) this.#asked.set(idOf(item), known);
      const { failed, turn } = known ?? { failed: false, turn: 0 };
      const name = `${failed} ${sourceOf(item)}`;
      let lane = lanes.get(name);
      if (lane === undefined) {
        lane = { ranked: [], patienceMs: failed ? short : turnMs };
        lanes.set(name, lane);
      }
      lane.ranked.push({ item, turn });
    }
    return [...lanes.values()].map(({ ranked, patienceMs }) => ({
      items: ranked.sort((a, b) => a.turn - b.turn).map(({ item }) => item),
      patienceMs,
    }));
  }

  answered(id: string): void {
    this.#asked.set(id, { turn: this.#turn, failed: false });
  }

  failed(id: string): void {
    this.#asked.set(id, { turn: this.#turn, failed: true });
  }
}
