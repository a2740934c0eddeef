import type { Socket } from 'node:net';
import { RE2JS } from 're2js';
import { failure } from './attempt.ts';
import { type Dialling, dial, secured } from './dial.ts';
import { hostAndPort, type TcpTarget, type TlsTarget } from './probe.ts';

/** What is read at most to find what is expected. */
const MOST_BYTES = 64 * 1024;

/** Connects, and says and hears what is expected. Throws AttemptError. */
export async function tcpAttempt(target: TcpTarget, dialling: Dialling): Promise<void> {
  const { host, port } = hostAndPort(target.address);
  const { trial, around, signal } = dialling;
  const send = target.send === undefined ? undefined : around.expand(target.send);
  const plain = await dial(host, port, dialling);
  try {
    const socket = target.tls === undefined ? plain : await secured(plain, host, target.tls, dialling);
    if (send !== undefined) socket.write(send);
    const { expect } = target;
    if (expect !== undefined) await trial.time('request', () => heard(socket, expect, signal));
  } finally {
    plain.destroy();
  }
}

function heard(socket: Socket, expect: string, signal: AbortSignal): Promise<void> {
  const expression = RE2JS.compile(expect);
  let text = '';
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    const end = (why: string) => {
      signal.removeEventListener('abort', stop);
      reject(failure(`${why} before /${expect.slice(0, 120)}/ came`));
    };
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (expression.matcher(text).find()) {
        signal.removeEventListener('abort', stop);
        resolve();
      } else if (text.length > MOST_BYTES) end(`${MOST_BYTES} bytes came`);
    });
    socket.once('end', () => end('the connection was closed'));
    socket.once('error', () => end('the connection broke'));
  });
}

/** Shakes hands and looks at the certificate. Throws AttemptError. */
export async function tlsAttempt(target: TlsTarget, now: number, dialling: Dialling): Promise<void> {
  const { host, port } = hostAndPort(target.address);
  const plain = await dial(host, port, dialling);
  try {
    await secured(plain, host, target, dialling);
    const end = dialling.trial.found.certificate?.endsAt;
    // Without verification nobody else has looked.
    if (end !== undefined && Date.parse(end) <= now) throw failure(`the certificate ended at ${end}`);
  } finally {
    plain.destroy();
  }
}
