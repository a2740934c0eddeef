import { Fault } from '../../kernel/index.ts';

/** What follows the log records that arrive, as telemetry gives it. Throws before the first item for a wrong question. */
export type LogTail = (
  asked: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => AsyncGenerator<{ readonly log: object } | { readonly left: number }>;

const heartbeatMs = 15_000;

/**
 * Log records as server-sent events: one message a record, its data the record. `event: left` tells how many were left
 * out since the last one, because there were too many or the client was too slow.
 */
export function streamLogs(
  tail: LogTail,
  query: URLSearchParams,
  { signal, onEnd }: { signal: AbortSignal; onEnd: () => void },
): ReadableStream<Uint8Array> {
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  const items = tail(askedOf(query), ended);
  if (ended.aborted) onEnd();
  else ended.addEventListener('abort', onEnd, { once: true });
  const encoder = new TextEncoder();
  let next: ReturnType<typeof items.next> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      start: controller => controller.enqueue(encoder.encode('retry: 2000\n: log records from now on\n\n')),
      pull: async controller => {
        next ??= items.next();
        const { promise: heartbeat, resolve: beat } = Promise.withResolvers<undefined>();
        const timer = setTimeout(beat, heartbeatMs, undefined);
        try {
          const result = await Promise.race([next, heartbeat]);
          if (result === undefined) return controller.enqueue(encoder.encode(': still here\n\n'));
          next = undefined;
          if (result.done) {
            stop.abort();
            controller.close();
          } else controller.enqueue(encoder.encode(message(result.value)));
        } finally {
          clearTimeout(timer);
        }
      },
      cancel: () => stop.abort(),
    },
    { highWaterMark: 1 },
  );
}

function message(item: { readonly log: object } | { readonly left: number }): string {
  return 'log' in item
    ? `data: ${JSON.stringify(item.log)}\n\n`
    : `event: left\ndata: ${JSON.stringify({ left: item.left })}\n\n`;
}

function askedOf(query: URLSearchParams): Record<string, string> {
  const asked: Record<string, string> = {};
  for (const [name, value] of query) {
    if (Object.hasOwn(asked, name))
      throw new Fault('invalid', `'${name.slice(0, 40)}' is given more than once.`, {
        field: name.slice(0, 40),
      });
    asked[name] = value;
  }
  return asked;
}
