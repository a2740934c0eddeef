import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { after } from 'node:test';
import type { Attempt } from './attempt.ts';
import { makeAttempt } from './make-attempt.ts';
import { ProbeSpec } from './probe.ts';
import { ProbesConfig, type Surroundings, surroundings } from './surroundings.ts';

const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});
export const bounds = (config: object = {}, env: NodeJS.ProcessEnv = {}) =>
  surroundings(ProbesConfig.parse(config), env);

/** One attempt of a probe, as a schedule makes it. */
export function attempt(spec: object, around: Surroundings = bounds()): Promise<Attempt> {
  const read = ProbeSpec.parse({ service: 'shop', timeout: '5s', ...spec });
  return makeAttempt(read, Date.now(), around, new AbortController().signal);
}

/** The port of a server that listens until the tests of the file are over. */
export async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

export const web = async (listener: RequestListener) =>
  `http://127.0.0.1:${await listening(createServer(listener))}`;
export const ended = ({ outcome, error }: Attempt) => [outcome, error];
