import type { Instant } from '../kernel/index.ts';
import type { Message } from './message.ts';

/** What a channel may pass on so that the far side can tell a repetition from a second message. */
export interface Attempt {
  /** The same for every attempt at this delivery: an idempotency key. */
  delivery: string;
  /** From 1. */
  number: number;
  /** An earlier attempt was cut off, so that this one may be a repetition. */
  uncertain: boolean;
  person: string;
  queuedAt: Instant;
}

/** A way to reach somebody. One a file. */
export interface Channel {
  readonly name: string;
  /** Reaches whoever looks at this server, without an address: the terminal and the console. */
  readonly local: boolean;
  /** Resolves once the far side has accepted the message; throws `ChannelError` otherwise. */
  send(
    message: Message,
    address: string,
    signal: AbortSignal,
    attempt: Attempt,
  ): Promise<{ reference?: string }>;
  close?(): Promise<void>;
}

/** Why a message was not accepted. Anything else that a channel throws counts as worth another attempt. */
export class ChannelError extends Error {
  /** True if trying again cannot help: the far side has refused it. */
  readonly permanent: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: { permanent?: boolean; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ChannelError';
    this.permanent = options.permanent ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}
