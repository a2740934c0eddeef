import { duration, humanDuration, instant, messageOf, redactText } from '../../kernel/index.ts';
import { type Attempt, AttemptError, roundedMs, Trial } from './attempt.ts';
import { type Dialling, unlessAborted } from './dial.ts';
import { dnsAttempt } from './dns-attempt.ts';
import { httpAttempt } from './http-attempt.ts';
import type { ProbeSpec } from './probe.ts';
import { tcpAttempt, tlsAttempt } from './socket-attempt.ts';
import type { Surroundings } from './surroundings.ts';

const LONGEST_ERROR = 500;
/** How long after its timeout an attempt may take to say what did not answer. */
const GRACE_MS = 1_000;

/**
 * Makes one attempt, within the probe’s timeout and a second. What goes wrong is part of the answer; it rejects only when `stop` is
 * aborted. `now` is the time of the attempt in epoch ms.
 */
export async function makeAttempt(
  spec: ProbeSpec,
  now: number,
  around: Surroundings,
  stop: AbortSignal,
): Promise<Attempt> {
  const elapsed = () => performance.now();
  const begun = elapsed();
  const trial = new Trial(elapsed);
  const timeoutMs = duration(spec.timeout);
  const late = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([stop, late]);
  const dialling: Dialling = { trial, around, signal, ipVersion: spec.ipVersion };
  const answer = (outcome: Attempt['outcome'], error?: string): Attempt => ({
    at: instant(now),
    outcome,
    ...(error === undefined ? {} : { error: redactText(error).slice(0, LONGEST_ERROR) }),
    durationMs: roundedMs(elapsed() - begun),
    phases: Object.fromEntries(Object.entries(trial.phases).map(([phase, ms]) => [phase, roundedMs(ms)])),
    ...trial.found,
  });
  const made = async () => {
    if (spec.http !== undefined) await httpAttempt(spec.http, dialling);
    else if (spec.tcp !== undefined) await tcpAttempt(spec.tcp, dialling);
    else if (spec.dns !== undefined) await dnsAttempt(spec.dns, timeoutMs, dialling);
    else if (spec.tls !== undefined) await tlsAttempt(spec.tls, now, dialling);
  };
  try {
    // Whatever hangs in it: an attempt that never ends would keep its place among the others for ever.
    await unlessAborted(made(), AbortSignal.any([stop, AbortSignal.timeout(timeoutMs + GRACE_MS)]));
    return answer('success');
  } catch (error) {
    stop.throwIfAborted();
    if (error instanceof AttemptError) return answer(error.outcome, error.message);
    if (late.aborted) {
      const { phase } = trial;
      if (phase === 'resolve')
        return answer('inconclusive', `the own resolver gave no answer within ${humanDuration(timeoutMs)}`);
      return answer(
        'failure',
        `no answer within ${humanDuration(timeoutMs)}${phase === undefined ? '' : `; it hung in the phase ${phase}`}`,
      );
    }
    // A defect of the probe's own says nothing about what it looks at.
    return answer('inconclusive', `the attempt could not be made: ${messageOf(error)}`);
  }
}
