import {
  type Metadata,
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import { asFault, Fault } from '../../kernel/index.ts';
import { type Auth, identify } from '../http/auth.ts';
import { grpcStatus } from './status.ts';

export interface GateLimits {
  /** Calls that are being read at the same time; more are told to come back. */
  atOnce: number;
  /** How long a call may take to send its message, in ms. */
  readMs: number;
}

/**
 * Decides on a call before its message is read: whether the caller may send telemetry, and whether there is room. A call
 * has a place until its message is there: from then on the store's own bound counts it.
 */
export function createGate(auth: Auth, { atOnce, readMs }: GateLimits): ServerInterceptor {
  let reading = 0;
  return (_method, call) => {
    let place = false;
    let late: NodeJS.Timeout | undefined;
    const leave = () => {
      clearTimeout(late);
      if (place) reading -= 1;
      place = false;
    };
    const refuse = (fault: Fault) => {
      leave();
      call.sendStatus(grpcStatus(fault));
    };
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        try {
          admit(auth, metadata);
          if (reading >= atOnce)
            throw new Fault('overloaded', 'Too much telemetry at once.', { retryAfterSeconds: 1 });
        } catch (error) {
          refuse(asFault(error));
          return;
        }
        place = true;
        reading += 1;
        late = setTimeout(
          () => refuse(new Fault('timeout', `The message did not arrive within ${readMs / 1000} s.`)),
          readMs,
        );
        next(metadata);
      })
      .withOnReceiveMessage((message, next) => {
        leave();
        next(message);
      })
      .withOnCancel(leave)
      .build();
    return new ServerInterceptingCall(
      call,
      new ResponderBuilder()
        .withStart(next => next(listener))
        .withSendStatus((status, next) => {
          leave();
          next(status);
        })
        .build(),
    );
  };
}

/** Throws `unauthenticated` or `forbidden`. A token is sent as with HTTP: `authorization: Bearer TOKEN`. */
function admit(auth: Auth, metadata: Metadata): void {
  // Without tokens this machine alone may connect, and no page of a browser can speak gRPC's HTTP/2.
  if (auth.mode === 'local') return;
  const header = (name: string) => metadata.get(name)[0]?.toString();
  const caller = identify(auth, { method: 'POST', header }, { sends: true });
  if (!caller.ingest)
    throw new Fault('forbidden', 'This token may not send telemetry.', {
      hint: 'Set ingest: true on the token.',
    });
}
