import type { InputOf, OutputOf } from '../api.ts';

export type Level = OutputOf<'slo.gate'>['level'];
export type Purpose = NonNullable<InputOf<'slo.gate'>['for']>;
export type Override = OutputOf<'slo.overrides'>['overrides'][number];

export const LEVELS: Record<Level, { words: string; color: string; rank: number }> = {
  no_slo: { words: 'no objective', color: 'gray', rank: -2 },
  no_data: { words: 'no data', color: 'gray', rank: -1 },
  healthy: { words: 'healthy', color: 'teal', rank: 0 },
  caution: { words: 'caution', color: 'yellow', rank: 1 },
  slow_down: { words: 'slow down', color: 'orange', rank: 2 },
  freeze: { words: 'freeze', color: 'red', rank: 3 },
  stop: { words: 'stop the line', color: 'red', rank: 4 },
};

export const PURPOSES = [
  { purpose: 'release', words: 'Releases' },
  { purpose: 'fix_release', words: 'Releases of a fix' },
  { purpose: 'automation', words: 'Automatic fixes' },
  { purpose: 'chaos', words: 'Chaos experiments' },
  { purpose: 'maintenance', words: 'Maintenance windows' },
] as const satisfies readonly { purpose: Purpose; words: string }[];

export const OVERRIDE_STATES: Record<Override['state'], { words: string; color: string }> = {
  in_force: { words: 'in force', color: 'orange' },
  waits_for_second: { words: 'waits for a second person', color: 'yellow' },
  one_action: { words: 'for one action', color: 'orange' },
  over: { words: 'over', color: 'gray' },
  taken_back: { words: 'taken back', color: 'gray' },
};
