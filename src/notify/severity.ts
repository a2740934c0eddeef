import { z } from 'zod';

/** How bad, from SEV1 (users notice at once) to SEV4 (nobody notices for a day). SEV1 and SEV2 wake a person. */
export const Severity = z.enum(['SEV1', 'SEV2', 'SEV3', 'SEV4']);
export type Severity = z.infer<typeof Severity>;

/** True if `a` is worse than `b`. */
export function isWorse(a: Severity, b: Severity): boolean {
  return a < b;
}

/** Whether it wakes a person at any hour. */
export function wakesSomeone(severity: Severity): boolean {
  return severity === 'SEV1' || severity === 'SEV2';
}
