import { SpanStatusCode, trace } from '@opentelemetry/api';
import { z } from 'zod';
import type { Audit } from './audit.ts';
import type { Clock } from './clock.ts';
import { asFault, Fault } from './fault.ts';
import { instant } from './instant.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { AnyOperation, CallContext, Effect, Surface } from './operation.ts';
import type { Principal, Role } from './principal.ts';
import { problemsOf } from './problem.ts';

const ALLOWED: Record<Role, readonly Effect[]> = {
  viewer: ['read'],
  responder: ['read', 'write', 'act'],
  admin: ['read', 'write', 'act'],
};

/** Who asks, from where, and the signal that ends the call. */
export interface CallRequest {
  principal: Principal;
  surface: Surface;
  signal?: AbortSignal;
}

/** The one way an operation runs: parse, authorise, audit, run, check the answer, trace, count. */
export function createCall<Rooms extends object>(
  rooms: Rooms,
  {
    audit,
    clock,
    log,
    metrics,
  }: { audit: Pick<Audit, 'append' | 'begin' | 'end'>; clock: Clock; log: Log; metrics: Metrics },
) {
  const seconds = metrics.histogram('nines_operation_duration_seconds', 'How long operations take.', [
    'operation',
    'surface',
    'outcome',
  ]);
  const tracer = trace.getTracer('nines');

  return async function call(
    operation: AnyOperation<Rooms>,
    rawInput: unknown,
    request: CallRequest,
  ): Promise<unknown> {
    const started = clock.now();
    const { principal, surface } = request;
    return tracer.startActiveSpan(operation.name, async span => {
      let outcome = 'ok';
      let message: string | undefined;
      let begun: string | undefined;
      const asked = {
        at: instant(started),
        principal: principal.name,
        kind: principal.kind,
        surface,
        operation: operation.name,
        input: rawInput ?? {},
      };
      try {
        if (!ALLOWED[principal.role].includes(operation.effect))
          throw new Fault(
            'forbidden',
            `${principal.name} has the role ${principal.role}, and ${operation.name} needs responder.`,
          );
        const input = parseInput(operation, rawInput);
        const context: CallContext = {
          principal,
          surface,
          now: () => instant(clock.now()),
          signal: request.signal ?? new AbortController().signal,
        };
        // Before it runs: a process that is killed in the middle has left who asked for what.
        if (operation.effect !== 'read') begun = await audit.begin(asked);
        const answer = await operation.run(input as never, { ...rooms, ...context });
        return checkOutput(operation, answer);
      } catch (thrown) {
        const fault = asFault(thrown);
        outcome = fault.code;
        message = fault.message;
        span.setStatus({ code: SpanStatusCode.ERROR, message: fault.message });
        if (fault.code === 'internal')
          log.error({ error: thrown, operation: operation.name }, 'an operation failed unexpectedly');
        throw fault;
      } finally {
        span.setAttributes({
          'nines.operation': operation.name,
          'nines.surface': surface,
          'nines.outcome': outcome,
        });
        span.end();
        seconds.observe({ operation: operation.name, surface, outcome }, (clock.now() - started) / 1000);
        if (operation.effect !== 'read')
          await (begun === undefined
            ? audit.append({ ...asked, outcome, ...(message === undefined ? {} : { message }) })
            : audit.end(begun, outcome, message)
          ).catch(error =>
            log.error({ error, operation: operation.name }, 'an audit entry could not be stored'),
          );
      }
    });
  };
}

function parseInput<Rooms>(operation: AnyOperation<Rooms>, raw: unknown): unknown {
  const parsed = z.strictObject(operation.input.shape).safeParse(raw ?? {});
  if (parsed.success) return parsed.data;
  const problems = problemsOf(parsed.error, Object.keys(operation.input.shape));
  throw new Fault(
    'invalid',
    `${operation.name}: ${problems.length === 1 ? 'an input is' : 'some inputs are'} wrong.`,
    {
      problems,
      hint: `nines ${operation.name.replace('.', ' ')} --help shows what it takes.`,
    },
  );
}

function checkOutput<Rooms>(operation: AnyOperation<Rooms>, answer: unknown): unknown {
  const checked = operation.output.safeParse(answer);
  if (checked.success) return checked.data;
  throw new Error(
    `${operation.name} gave an answer that is not of its declared shape: ${z.prettifyError(checked.error)}`,
  );
}
