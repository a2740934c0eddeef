// The HTTP surface as it is, with the console on it, over a call that answers from a scene.
import { fileURLToPath } from 'node:url';
import { type AnyOperation, createLog, createMetrics, type Event, Fault } from '../../src/kernel/index.ts';
import { operations } from '../../src/operations.ts';
import { type AccessToken, createAuth, createHttp, listen } from '../../src/surfaces/http/index.ts';
import { parseLogQuery } from '../../src/telemetry/log-query/parser.ts';
import type { OperationName, Scene } from './console-scene.ts';

export const consoleFolder = fileURLToPath(new URL('../../web/dist', import.meta.url));

export interface ConsoleServer {
  url: string;
  /** What was called, in order; reads too. */
  calls: { name: string; input: Record<string, unknown>; principal: string }[];
  /** Plays another scene from now on. */
  play(scene: Scene): void;
  /** Sends an event to the pages that follow. */
  emit(type: string, subject: string): void;
  /** A log line arrives for those who follow the logs. */
  log(record: object): void;
  /** Ends the event streams and answers nothing but 503, as a server that is going down; `false` brings it back. */
  away(isAway: boolean): void;
  close(): Promise<void>;
}

/** With tokens the console has to sign in. */
export async function serveConsole(
  first: Scene,
  { port = 0, tokens = [] }: { port?: number; tokens?: readonly AccessToken[] } = {},
): Promise<ConsoleServer> {
  let scene = first;
  let isAway = false;
  const calls: ConsoleServer['calls'] = [];
  const happened: Event[] = [];
  const logged: object[] = [];
  let wake = Promise.withResolvers<void>();
  async function* following(signal: AbortSignal) {
    for (let next = logged.length; !signal.aborted; ) {
      for (; next < logged.length; next++) yield { log: logged[next]! };
      await Promise.race([
        wake.promise,
        new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true })),
      ]);
    }
  }
  const stop = new AbortController();
  const http = createHttp<never>({
    operations: operations as readonly AnyOperation<never>[],
    call: async (operation, input, { principal }) => {
      if (isAway)
        throw new Fault('unavailable', 'The database does not answer.', { hint: 'It is tried again.' });
      const read = operation.input.parse(input ?? {}) as Record<string, unknown>;
      calls.push({ name: operation.name, input: read, principal: principal.name });
      const answer = scene.answers[operation.name as OperationName];
      if (answer === undefined) throw new Fault('not_found', `Nothing is recorded for ${operation.name}.`);
      return operation.output.parse(typeof answer === 'function' ? answer(read) : answer);
    },
    events: {
      lastSeq: async () => happened.length,
      async *follow(after: number, signal: AbortSignal) {
        let next = after;
        while (!signal.aborted) {
          for (; next < happened.length; next++) yield happened[next]!;
          await Promise.race([
            wake.promise,
            new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true })),
          ]);
        }
      },
    },
    tail: ({ query = '' }, signal) => {
      parseLogQuery(query);
      return following(signal);
    },
    prometheus: {
      read: async ({ path }) => {
        const data = scene.prometheus?.(path);
        return data === undefined
          ? { status: 404, body: JSON.stringify({ status: 'error', errorType: 'not_found', error: path }) }
          : { status: 200, body: JSON.stringify({ status: 'success', data }) };
      },
      write: async () => ({ status: 204, body: '' }),
    },
    metrics: createMetrics(),
    ready: [],
    consoleFolder,
    auth: createAuth('127.0.0.1', tokens),
    log: createLog('silent'),
    version: '0.0.0',
    signal: stop.signal,
  });
  const listening = await listen(http, { host: '127.0.0.1', port });
  return {
    url: listening.url,
    calls,
    play: next => {
      scene = next;
    },
    emit: (type, subject) => {
      const seq = happened.length + 1;
      happened.push({ seq, id: `evt_${seq}`, type, subject, at: scene.at, data: {} });
      wake.resolve();
      wake = Promise.withResolvers();
    },
    log: record => {
      logged.push(record);
      wake.resolve();
      wake = Promise.withResolvers();
    },
    away: value => {
      isAway = value;
    },
    close: async () => {
      stop.abort();
      await listening.close();
    },
  };
}
