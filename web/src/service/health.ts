import type { IconName } from '../icon.tsx';
import type { Health } from './service.ts';

/** Health is told by a sign and a word; the colour only repeats it. */
export const HEALTH: Record<Health, { color: string; icon: IconName; words: string }> = {
  broken: { color: 'red', icon: 'alert', words: 'incident' },
  at_risk: { color: 'orange', icon: 'alert', words: 'budget at risk' },
  failing: { color: 'orange', icon: 'x', words: 'failing' },
  fine: { color: 'teal', icon: 'check', words: 'fine' },
  unknown: { color: 'gray', icon: 'question', words: 'not known' },
};
