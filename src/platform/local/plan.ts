import type { Action } from '../action.ts';
import type { Desired, InstanceRow } from './store.ts';

/** What an action needs: how many new instances of which release, and which of the present ones go in the end. */
export interface ActionPlan {
  release: string;
  add: number;
  remove: string[];
}

/** The plan of an action, or undefined if what runs is what it asks for. Pure. */
export function planOf(
  action: Action,
  desired: Desired,
  rows: readonly InstanceRow[],
): ActionPlan | undefined {
  const release = desired.releases.at(-1) ?? '';
  if (action.kind === 'scale') {
    if (action.replicas === desired.replicas) return undefined;
    // Those that serve least go first; among equals the newest.
    const leastUseful = [...rows].reverse().sort((a, b) => rank(a) - rank(b));
    return {
      release,
      add: Math.max(action.replicas - rows.length, 0),
      remove: leastUseful.slice(0, Math.max(rows.length - action.replicas, 0)).map(row => row.id),
    };
  }
  if (action.kind === 'release' && action.to === release) return undefined;
  return {
    release: action.kind === 'release' ? action.to : release,
    add: desired.replicas,
    remove: rows.map(row => row.id),
  };
}

/** What is wanted once the action is done. A release that ran before is gone back to, not added again. */
export function wantedAfter(action: Action, desired: Desired): Desired {
  if (action.kind === 'scale') return { ...desired, replicas: action.replicas };
  if (action.kind === 'restart') return desired;
  const earlier = desired.releases.indexOf(action.to);
  return {
    ...desired,
    releases: earlier >= 0 ? desired.releases.slice(0, earlier + 1) : [...desired.releases, action.to],
  };
}

function rank(row: InstanceRow): number {
  if (row.state !== 'running') return 0;
  return row.healthy ? 2 : 1;
}
