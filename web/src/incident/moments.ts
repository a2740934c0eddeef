import type { Moment } from '../chart/series.ts';
import type { Change, Incident } from './incident.ts';

const SIGNS = ['①', '②', '③', '④', '⑤', '⑥', '⑦', '⑧', '⑨'];

/** The moments worth a line on the charts, in their order: when it began, what was changed, when it was over. */
export function momentsOf(incident: Incident, changes: readonly Change[], from: string): Moment[] {
  const found = [
    { at: incident.onsetAt, color: 'orange.7', text: 'users begin to feel it' },
    ...changes
      // What was only brought up for the first time changed nothing for users.
      .filter(change => (change.finishedAt ?? change.at) >= from && !isFirst(change))
      .slice(0, 6)
      .map(change => ({
        at: change.kind === 'rollback' ? (change.finishedAt ?? change.at) : change.at,
        color: change.kind === 'rollback' ? 'teal.7' : 'grape.6',
        text: changeWords(change),
      })),
    ...(incident.mitigatedAt === undefined
      ? []
      : [{ at: incident.mitigatedAt, color: 'teal.7', text: 'mitigated' }]),
  ];
  return found
    .toSorted((a, b) => a.at.localeCompare(b.at))
    .slice(0, SIGNS.length)
    .map((moment, index) => ({ ...moment, sign: SIGNS[index]! }));
}

/** `payments v1.2.3 released`, `payments back on v1.2.2`. */
export function changeWords({ service, kind, from, to, status }: Change): string {
  const failed = status === 'failed' ? ' (failed)' : '';
  switch (kind) {
    case 'release':
      return `${service} ${to ?? ''} released${failed}`;
    case 'rollback':
      return `${service} back on ${to ?? 'the release before'}${failed}`;
    case 'scale':
      return `${service} scaled ${from ?? '?'} → ${to ?? '?'}${failed}`;
    case 'restart':
      return `${service} restarted${failed}`;
    default:
      return `${service}: ${kind === 'config' ? 'configuration' : 'a change'}${to === undefined ? '' : ` → ${to}`}${failed}`;
  }
}

function isFirst({ kind, from, to }: Change): boolean {
  return kind === 'release' && from === undefined && to !== undefined;
}
