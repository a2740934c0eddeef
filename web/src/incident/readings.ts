import type { ProposalStep } from './incident.ts';

export interface Reading {
  objective: string;
  /** null: nothing happened, or nothing is known. */
  errorRatio: number | null;
  target: number;
  healthy: boolean | null;
  events: number;
}

/** The readings behind a check, as far as they have the form of one. The record keeps them as it got them. */
export function readingsOf({ readings = [] }: NonNullable<ProposalStep['verification']>): Reading[] {
  return readings.filter(isReading);
}

function isReading(value: unknown): value is Reading {
  if (typeof value !== 'object' || value === null) return false;
  const { objective, errorRatio, target, events } = value as Record<string, unknown>;
  return (
    typeof objective === 'string' &&
    (errorRatio === null || typeof errorRatio === 'number') &&
    typeof target === 'number' &&
    typeof events === 'number'
  );
}
