import type { OutputOf } from '../api.ts';
import type { IconName } from '../icon.tsx';

export type Probe = OutputOf<'probe.list'>['probes'][number];
export type ProbeDetail = OutputOf<'probe.show'>;
export type Attempt = ProbeDetail['recent'][number];

export const STATUSES: Record<Probe['status'], { words: string; color: string; icon: IconName }> = {
  up: { words: 'up', color: 'teal', icon: 'check' },
  ok: { words: 'ran', color: 'teal', icon: 'check' },
  running: { words: 'runs now', color: 'cyan', icon: 'clock' },
  suspect: { words: 'being looked at', color: 'yellow', icon: 'search' },
  failing: { words: 'fails', color: 'red', icon: 'alert' },
  failed: { words: 'failed', color: 'red', icon: 'alert' },
  missed: { words: 'did not run', color: 'red', icon: 'alert' },
  too_long: { words: 'runs too long', color: 'orange', icon: 'clock' },
  inconclusive: { words: 'cannot be told', color: 'gray', icon: 'question' },
  unknown: { words: 'not tried yet', color: 'gray', icon: 'question' },
  waiting: { words: 'waits for its first run', color: 'gray', icon: 'clock' },
};

export const OUTCOMES: Record<Attempt['outcome'], { words: string; color: string; icon: IconName }> = {
  success: { words: 'success', color: 'teal', icon: 'check' },
  failure: { words: 'failure', color: 'red', icon: 'alert' },
  inconclusive: { words: 'not told', color: 'gray', icon: 'question' },
};

/** In the order in which they happen. */
export const PHASES = ['resolve', 'connect', 'tls', 'request', 'processing', 'transfer'] as const;
