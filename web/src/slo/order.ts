import type { Sort } from '../data-table.tsx';
import { burnNow, type Slo } from './slo.ts';

export const SHOWS = ['all', 'trouble', 'no_data', 'ok'] as const;
/** Which objectives are shown. */
export type Show = (typeof SHOWS)[number];

export interface Wanted {
  text: string;
  service: string;
  show: Show;
  /** Absent: what needs somebody first. */
  sort?: Sort | undefined;
}

const RANK = { exhausted: 0, at_risk: 1, no_data: 2, ok: 3 } as const;

/** An objective in the list; the parts of a composite one stand below it. */
export interface Row {
  slo: Slo;
  /** The composite that it is a part of. */
  whole?: Slo;
}

/** The objectives that are wanted, in order. Parts of a composite follow it, unless something else is sorted by. */
export function arranged(all: readonly Slo[], { text, service, show, sort }: Wanted): Row[] {
  const wholes = new Map(
    all
      .filter(one => one.objective === one.slo && all.some(part => part.slo === one.slo && part !== one))
      .map(one => [one.slo, one]),
  );
  const rows = all.map((slo): Row => {
    const whole = wholes.get(slo.slo);
    return whole === undefined || whole === slo ? { slo } : { slo, whole };
  });
  const words = text.trim().toLowerCase();
  const wanted = rows.filter(
    ({ slo, whole }) =>
      (service === '' || slo.service === service) &&
      shows(slo, show) &&
      [slo.displayName, slo.objective, slo.service, whole?.displayName ?? ''].some(one =>
        one.toLowerCase().includes(words),
      ),
  );
  if (sort !== undefined) {
    const by = SORTS.get(sort.by) ?? worstFirst;
    // What is not known stands last, whichever way it is sorted.
    return wanted.toSorted(
      (a, b) => Number(isBlind(a, sort)) - Number(isBlind(b, sort)) || (sort.down ? by(b, a) : by(a, b)),
    );
  }
  const sorted = wanted.toSorted(worstFirst);
  const parts = sorted.filter(({ whole }) => whole !== undefined && sorted.some(row => row.slo === whole));
  return sorted
    .filter(row => !parts.includes(row))
    .flatMap(row => [row, ...parts.filter(({ whole }) => whole === row.slo)]);
}

export function shows({ state }: Slo, show: Show): boolean {
  if (show === 'all') return true;
  return show === 'trouble' ? state === 'exhausted' || state === 'at_risk' : state === show;
}

/** By state, then by what is left, then by how fast it burns. */
export function worstFirst(a: Row, b: Row): number {
  return (
    RANK[a.slo.state] - RANK[b.slo.state] ||
    left(a) - left(b) ||
    burn(b) - burn(a) ||
    a.slo.displayName.localeCompare(b.slo.displayName)
  );
}

type Order = (a: Row, b: Row) => number;

const SORTS = new Map<string, Order>([
  ['state', worstFirst],
  ['name', (a, b) => a.slo.displayName.localeCompare(b.slo.displayName)],
  ['budget', (a, b) => left(a) - left(b)],
  // The fastest first: that is what one sorts for.
  ['burn', (a, b) => burn(b) - burn(a)],
  ['good', (a, b) => (a.slo.sli ?? 1) - (b.slo.sli ?? 1)],
]);

function isBlind({ slo }: Row, { by }: Sort): boolean {
  if (by === 'burn') return burnNow(slo) === undefined;
  return (by === 'budget' || by === 'good') && slo.budgetRemaining === undefined;
}

function left({ slo }: Row): number {
  return slo.budgetRemaining ?? 1;
}

function burn({ slo }: Row): number {
  return burnNow(slo)?.burnRate ?? 0;
}
