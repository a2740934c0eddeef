import { z } from 'zod';
import { Instant } from '../../kernel/index.ts';

/** What an attempt spends its time with, in its order. */
export const Phase = z.enum(['resolve', 'connect', 'tls', 'request', 'processing', 'transfer']);
export type Phase = z.infer<typeof Phase>;

/** `inconclusive`: the probe itself could not be made, which says nothing about what it looks at. */
export const Outcome = z.enum(['success', 'failure', 'inconclusive']);
export type Outcome = z.infer<typeof Outcome>;

export const Certificate = z.object({
  subject: z.string(),
  issuer: z.string(),
  names: z.string().describe('Subject alternative names'),
  fingerprint: z.string().describe('SHA-256'),
  endsAt: Instant.describe('When the first certificate of the chain ends'),
  trusted: z.boolean().describe('Whether the chain and the name are good'),
  problem: z.string().optional().describe('Why they are not'),
  version: z.string().describe('As TLSv1.3'),
});
export type Certificate = z.infer<typeof Certificate>;

/** One attempt of a probe: how it ended, where its time went, and what it saw. */
export const Attempt = z.object({
  at: Instant,
  outcome: Outcome,
  error: z.string().optional().describe('Why it was no success'),
  durationMs: z.number(),
  phases: z.partialRecord(Phase, z.number()).describe('Milliseconds by phase'),
  address: z.string().optional().describe('The IP address that was asked'),
  http: z
    .object({
      status: z.int(),
      version: z.string(),
      redirects: z.int(),
      bytes: z.int().describe('Of the body, as far as it was read'),
      contentLength: z.int().optional(),
      lastModified: Instant.optional(),
      tls: z.boolean(),
      expressionFailed: z.boolean(),
    })
    .optional(),
  certificate: Certificate.optional(),
  dns: z
    .object({ answers: z.array(z.string()), succeeded: z.boolean(), serial: z.int().optional() })
    .optional(),
});
export type Attempt = z.infer<typeof Attempt>;

/** Why an attempt was no success. */
export class AttemptError extends Error {
  readonly outcome: 'failure' | 'inconclusive';

  constructor(outcome: 'failure' | 'inconclusive', message: string) {
    super(message);
    this.outcome = outcome;
  }
}

export function failure(message: string): AttemptError {
  return new AttemptError('failure', message);
}

export function inconclusive(message: string): AttemptError {
  return new AttemptError('inconclusive', message);
}

/** What an attempt has found so far; what it has found stands in its answer, however it ends. */
export class Trial {
  readonly phases: Partial<Record<Phase, number>> = {};
  readonly found: Pick<Attempt, 'address' | 'http' | 'certificate' | 'dns'> = {};
  /** The phase under way. */
  phase: Phase | undefined;
  readonly #elapsed: () => number;

  /** `elapsed`: milliseconds on a clock that never goes back. */
  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
  }

  /** Times some work; phases that come again (a redirect resolves again) add up. */
  async time<T>(phase: Phase, work: () => Promise<T>): Promise<T> {
    const begun = this.#elapsed();
    this.phase = phase;
    const result = await work().finally(() => {
      this.phases[phase] = (this.phases[phase] ?? 0) + (this.#elapsed() - begun);
    });
    this.phase = undefined;
    return result;
  }
}

/** Figures of a time: three digits that matter. */
export function roundedMs(ms: number): number {
  return ms >= 100 ? Math.round(ms) : Number(ms.toPrecision(3));
}
