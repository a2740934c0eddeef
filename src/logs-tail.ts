import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import type { ConnectOptions } from './connect.ts';
import { Fault, runningServer } from './kernel/index.ts';
import { operations } from './operations.ts';
import { createStyle, type GlobalFlags, jsonText, printable } from './surfaces/cli/index.ts';
import { remoteBytes, remoteCaller } from './surfaces/index.ts';
import { type LogRecord, recordLines } from './telemetry/index.ts';

const RETRY_MS = 1_000;
/** How long it may take to find out whether a service is known. */
const LOOK_MS = 5_000;
/** How long the server may be away (it was killed, and is started again) before following is given up. */
const AWAY_MS = 60_000;
/** A message of the server is one record, whose parts are bounded there. */
const MAX_MESSAGE = 4 * 1024 * 1024;

export const TAIL_EXAMPLES = [
  'nines logs tail',
  "nines logs tail 'level:error -healthz' --service payments",
  'nines logs tail --level warn --json | jq -r .body',
];

interface TailFlags extends GlobalFlags {
  service?: string;
  level?: string;
}

/** `nines logs tail [QUERY]`: a verb that has no end, so it is no operation. */
export function tailCommand(connectionOf: (flags: GlobalFlags, surface: 'cli') => ConnectOptions): Command {
  return new Command('tail')
    .description('Follow log records as they arrive; Ctrl-C ends')
    .argument('[query]', 'A log query; all records without one')
    .option('--service <name>', 'Only of this service')
    .option('--level <level>', 'This level and those above')
    .action(async (query: string | undefined, _, command: Command) => {
      const flags = command.optsWithGlobals<TailFlags>();
      const stop = new AbortController();
      const ended = () => stop.abort();
      process.once('SIGINT', ended);
      process.once('SIGTERM', ended);
      // `nines logs tail | head`: nobody reads any more.
      process.stdout.once('close', ended);
      process.stdout.once('error', ended);
      try {
        await followLogs({
          connection: connectionOf(flags, 'cli'),
          asked: { query, service: flags.service, level: flags.level },
          signal: stop.signal,
          show: flags.json ? item => `${jsonText(item)}\n` : shownItems(flags.color),
          out: written,
          say: text => {
            if (!flags.json) process.stderr.write(`${text}\n`);
          },
        });
      } finally {
        process.removeListener('SIGINT', ended);
        process.removeListener('SIGTERM', ended);
      }
    });
}

type Item = LogRecord | { left: number };

interface FollowOptions {
  connection: ConnectOptions;
  asked: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  show(item: Item): string;
  out(text: string): Promise<void>;
  say(text: string): void;
}

/** Follows until the signal, also over restarts of the server. Throws what the server says to a wrong question. */
async function followLogs({ connection, asked, signal, show, out, say }: FollowOptions): Promise<void> {
  const { data, principal, surface, token } = connection;
  const parameters = new URLSearchParams(
    Object.entries(asked).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  const serverUrl = () => connection.server ?? runningServer(data)?.url;
  let followed = false;
  let awaySince: number | undefined;
  while (!signal.aborted) {
    const server = serverUrl();
    try {
      if (server === undefined)
        throw new Fault(
          'unavailable',
          `No server runs on ${data}, and records are followed where they arrive.`,
          {
            hint: 'Start it in another terminal: nines serve. What is stored: nines logs search.',
          },
        );
      const stream = await remoteBytes(server, `/logs/tail?${parameters}`, {
        method: 'GET',
        principal,
        surface,
        signal,
        ...(token === undefined ? {} : { token }),
      });
      say(
        followed
          ? 'Following again. What arrived meanwhile is not shown; nines logs search has it.'
          : `Following the log records that arrive at ${server}; Ctrl-C ends.`,
      );
      if (!followed) await tellUnknown(server, connection, asked, say);
      followed = true;
      awaySince = undefined;
      for await (const item of itemsOf(stream)) await out(show(item));
      if (!signal.aborted) say('The server ended the stream; looking for it again.');
    } catch (error) {
      if (signal.aborted) return;
      const away = !(error instanceof Fault) || ['unavailable', 'overloaded'].includes(error.code);
      awaySince ??= Date.now();
      if (!followed || !away || Date.now() - awaySince > AWAY_MS) throw error;
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
  }
}

/** A service may be followed before it sends for the first time; a name that nothing has is said all the same. */
async function tellUnknown(
  server: string,
  { principal, surface, token }: ConnectOptions,
  { service, query }: FollowOptions['asked'],
  say: (text: string) => void,
): Promise<void> {
  if (service === undefined && query === undefined) return;
  const call = remoteCaller(server, operations, {
    principal,
    surface,
    timeoutMs: LOOK_MS,
    ...(token === undefined ? {} : { token }),
  });
  await call('logs.search', { service, query, last: '24h', limit: 1 }).catch(error => {
    if (error instanceof Fault && error.code === 'not_found') say(`Note: ${error.toText()}`);
  });
}

/** The messages of a stream of server-sent events. */
async function* itemsOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Item> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_MESSAGE)
      throw new Fault('too_large', 'The server sent a message larger than a log record can be.');
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const data = text
        .slice(0, end)
        .split('\n')
        .filter(line => line.startsWith('data: '))
        .map(line => line.slice(6))
        .join('\n');
      text = text.slice(end + 2);
      if (data !== '') yield JSON.parse(data) as Item;
    }
  }
}

/** Items as lines of 80 columns; a trace is named when another begins. */
function shownItems(color: boolean): (item: Item) => string {
  const style = createStyle(process.stdout, { env: process.env, color });
  let trace: string | undefined;
  return item => {
    if ('left' in item)
      return `${style('dim', `… ${item.left} ${item.left === 1 ? 'line' : 'lines'} left out`)}\n`;
    const [first = '', ...rest] = recordLines(item, { trace: item.traceId !== trace }).map(printable);
    trace = item.traceId;
    const level = first.slice(9, 14);
    const marked =
      item.level === 'error' || item.level === 'fatal'
        ? style('red', level)
        : item.level === 'debug' || item.level === 'trace'
          ? style('dim', level)
          : level;
    return `${[`${first.slice(0, 9)}${marked}${first.slice(14)}`, ...rest].join('\n')}\n`;
  };
}

async function written(text: string): Promise<void> {
  if (process.stdout.write(text) || process.stdout.destroyed) return;
  await new Promise<void>(resolve => {
    const done = () => {
      process.stdout.removeListener('drain', done);
      process.stdout.removeListener('close', done);
      resolve();
    };
    process.stdout.once('drain', done);
    process.stdout.once('close', done);
  });
}
