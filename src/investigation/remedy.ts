import type { Remedy } from './investigation.ts';

/** What is proposed, as a sentence. */
export function remedySentence(remedy: Remedy): string {
  switch (remedy.kind) {
    case 'rollback':
      return `Rolling ${remedy.service} back${remedy.to === undefined ? '' : ` to ${remedy.to}`} is proposed.`;
    case 'scale':
      return `${remedy.to === undefined ? `More replicas of ${remedy.service} are` : `Scaling ${remedy.service} to ${remedy.to} is`} proposed.`;
    case 'restart':
      return `Restarting ${remedy.service} is proposed.`;
  }
}
