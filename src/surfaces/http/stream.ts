import type { Event, Events } from '../../kernel/index.ts';
import { Fault } from '../../kernel/index.ts';

/** What a stream of events needs of the kernel. */
export type EventSource = Pick<Events, 'follow' | 'lastSeq'>;

const HEARTBEAT_MS = 15_000;
const RETRY_MS = 2_000;

export interface StreamRequest {
  /** `Last-Event-ID`, as a browser sends it when it connects again, or `?after=`. */
  after?: string | undefined;
  subject?: string | undefined;
  signal: AbortSignal;
  /** Called once, when nobody reads any more. */
  onEnd?: () => void;
}

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): one message an event, its id the
 * event's number, its data the whole event. Without a place to start it begins now. The next event is read only when
 * the client has taken the last one, so a slow client costs nothing.
 */
export async function streamEvents(
  events: EventSource,
  request: StreamRequest,
): Promise<ReadableStream<Uint8Array>> {
  const from = request.after === undefined ? await events.lastSeq() : readSeq(request.after);
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  // Who left while we looked where to begin is gone already, and is not told of again.
  if (signal.aborted) request.onEnd?.();
  else if (request.onEnd !== undefined) signal.addEventListener('abort', request.onEnd, { once: true });
  const filter = request.subject === undefined ? {} : { subject: request.subject };
  const following = events.follow(from, signal, filter);
  const encoder = new TextEncoder();
  let next: Promise<IteratorResult<Event>> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      start: controller =>
        controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n: events after ${from}\n\n`)),
      pull: async controller => {
        next ??= following.next();
        const { promise: heartbeat, resolve: beat } = Promise.withResolvers<'heartbeat'>();
        const timer = setTimeout(beat, HEARTBEAT_MS, 'heartbeat');
        try {
          const result = await Promise.race([next, heartbeat]);
          if (result === 'heartbeat') return controller.enqueue(encoder.encode(': still here\n\n'));
          next = undefined;
          if (result.done) controller.close();
          else controller.enqueue(encoder.encode(message(result.value)));
        } finally {
          clearTimeout(timer);
        }
      },
      cancel: () => stop.abort(),
    },
    { highWaterMark: 1 },
  );
}

function message(event: Event): string {
  return `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`;
}

function readSeq(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Fault('invalid', `'${text.slice(0, 40)}' is not the number of an event.`, {
    hint: 'Give the id of the last event seen, or 0 for all: /api/v1/events?after=0.',
  });
}
