import type { OutputOf } from '../api.ts';

export type Bottleneck = OutputOf<'traces.bottleneck'>;
type What = Bottleneck['criticalPath'][number];

/** A kind of work in words: a statement says more than the name of its span. */
export function whatWords({
  operation,
  statement,
  peer,
}: Pick<What, 'operation' | 'statement' | 'peer'>): string {
  const what = statement ?? operation;
  return peer === undefined || what.includes(peer) ? what : `${what} → ${peer}`;
}

/** `38 of 40`, as a share: `95 %`. */
export function shareOf(part: number, all: number): string {
  return all === 0 ? '–' : `${Math.round((100 * part) / all)} %`;
}
