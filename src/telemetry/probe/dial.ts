import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { instant, messageOf } from '../../kernel/index.ts';
import { type Certificate, failure, inconclusive, type Trial } from './attempt.ts';
import type { TlsOptions } from './probe.ts';
import type { Surroundings } from './surroundings.ts';

export interface Dialling {
  trial: Trial;
  around: Surroundings;
  signal: AbortSignal;
  ipVersion?: 4 | 6 | undefined;
}

/** More addresses of a name than this are not tried. */
const MOST_ADDRESSES = 4;
const LONGEST_CHAIN = 10;

/** The addresses of a host that may be reached. Throws AttemptError. */
export async function resolveHost(
  host: string,
  { trial, around, signal, ipVersion }: Dialling,
): Promise<string[]> {
  const version = isIP(host);
  if (version !== 0) {
    around.admit(host);
    return [host];
  }
  const found = await trial.time('resolve', async () => {
    try {
      return await unlessAborted(around.lookup(host, ipVersion ?? 0), signal);
    } catch (error) {
      if (signal.aborted) throw error;
      const code = codeOf(error);
      if (code === 'ENOTFOUND' || code === 'ENODATA')
        throw failure(`the name ${host} is not known (${code})`);
      if (await around.resolverWorks()) throw failure(`the name ${host} cannot be resolved (${code})`);
      throw inconclusive(`the own resolver does not answer (${code}), so ${host} cannot be found`);
    }
  });
  const addresses = [...new Set(found.map(one => one.address))].slice(0, MOST_ADDRESSES);
  if (addresses.length === 0) throw failure(`the name ${host} has no address`);
  for (const address of addresses) around.admit(address);
  return addresses;
}

/** A connection to the first address that takes one. Throws AttemptError. */
export async function dial(host: string, port: number, dialling: Dialling): Promise<Socket> {
  const addresses = await resolveHost(host, dialling);
  const { trial, signal } = dialling;
  return trial.time('connect', async () => {
    let last: unknown;
    for (const address of addresses) {
      trial.found.address = address;
      try {
        return await connected(address, port, signal);
      } catch (error) {
        if (signal.aborted) throw error;
        last = error;
      }
    }
    throw connectError(last, `${trial.found.address}:${port}`);
  });
}

function connected(address: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ host: address, port });
    const stop = () => {
      socket.destroy();
      reject(signal.reason);
    };
    const failed = (error: Error) => {
      signal.removeEventListener('abort', stop);
      reject(error);
    };
    signal.addEventListener('abort', stop, { once: true });
    socket.once('error', failed);
    socket.once('connect', () => {
      signal.removeEventListener('abort', stop);
      socket.off('error', failed);
      // From here on its reader listens; an error between two readers must not end the process.
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

function connectError(error: unknown, where: string) {
  const code = codeOf(error);
  if (code === 'ECONNREFUSED') return failure(`${where} refuses the connection`);
  if (code === 'ENETUNREACH') return inconclusive(`this machine has no route to ${where}`);
  if (code === 'EMFILE' || code === 'ENFILE' || code === 'EADDRNOTAVAIL' || code === 'EACCES')
    return inconclusive(`this machine cannot open a connection (${code})`);
  return failure(`no connection to ${where} (${code})`);
}

/** TLS over a connection. What it shows of the certificate is kept even if it is not trusted. Throws AttemptError. */
export async function secured(
  socket: Socket,
  host: string,
  options: TlsOptions,
  { trial, signal }: Dialling,
  alpn: string[] = [],
): Promise<TLSSocket> {
  const name = options.serverName ?? host;
  const tls = await trial.time(
    'tls',
    () =>
      new Promise<TLSSocket>((resolve, reject) => {
        signal.throwIfAborted();
        const secure = connectTls({
          socket,
          host: name,
          ...(isIP(name) === 0 ? { servername: name } : {}),
          ...(options.ca === undefined ? {} : { ca: options.ca }),
          ...(alpn.length === 0 ? {} : { ALPNProtocols: alpn }),
          // Judged below: an expired certificate must still be seen.
          rejectUnauthorized: false,
        });
        const stop = () => {
          secure.destroy();
          reject(signal.reason);
        };
        const failed = (error: Error) => {
          signal.removeEventListener('abort', stop);
          reject(failure(`no TLS with ${name}: ${shortTls(error)}`));
        };
        signal.addEventListener('abort', stop, { once: true });
        secure.once('error', failed);
        secure.once('close', () => failed(new Error('the connection was closed')));
        secure.once('secureConnect', () => {
          signal.removeEventListener('abort', stop);
          secure.removeAllListeners('close');
          secure.off('error', failed);
          secure.on('error', () => {});
          resolve(secure);
        });
      }),
  );
  const certificate = certificateOf(tls);
  trial.found.certificate = certificate;
  if (options.verify && !certificate.trusted)
    throw failure(`the certificate of ${name} is not good: ${certificate.problem}`);
  return tls;
}

function certificateOf(tls: TLSSocket): Certificate {
  const leaf = tls.getPeerCertificate(true);
  const problem = tls.authorized ? undefined : certificateProblem(tls.authorizationError, leaf);
  return {
    subject: oneLine(leaf.subject),
    issuer: oneLine(leaf.issuer),
    names: (leaf.subjectaltname ?? '').slice(0, 1000),
    fingerprint: (leaf.fingerprint256 ?? '').replaceAll(':', '').toLowerCase(),
    endsAt: instant(earliestEnd(leaf)),
    trusted: tls.authorized,
    ...(problem === undefined ? {} : { problem }),
    version: tls.getProtocol() ?? '',
  };
}

function earliestEnd(leaf: DetailedPeerCertificate): number {
  let earliest = Date.parse(leaf.valid_to);
  let one: DetailedPeerCertificate | undefined = leaf;
  for (let length = 0; one !== undefined && length < LONGEST_CHAIN; length++) {
    const end = Date.parse(one.valid_to);
    if (end < earliest) earliest = end;
    const issuer: DetailedPeerCertificate | undefined = one.issuerCertificate;
    one = issuer === one ? undefined : issuer;
  }
  return earliest;
}

function certificateProblem(error: unknown, leaf: DetailedPeerCertificate): string {
  const code = error instanceof Error ? (codeOf(error) ?? error.message) : String(error);
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return `it ended at ${instant(earliestEnd(leaf))}`;
    case 'CERT_NOT_YET_VALID':
      return `it begins only at ${instant(Date.parse(leaf.valid_from))}`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'it is signed by itself';
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return 'its chain ends in an authority that is not trusted';
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_GET_ISSUER_CERT':
      return 'its issuer is not known; the chain may be incomplete';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `it is for other names (${(leaf.subjectaltname ?? oneLine(leaf.subject)).slice(0, 200)})`;
    default:
      return code;
  }
}

/** `CN=shop.example, O=Shop` of a distinguished name. */
function oneLine(name: object | undefined): string {
  return Object.entries(name ?? {})
    .map(([key, value]) => `${key}=${Array.isArray(value) ? value.join('+') : String(value)}`)
    .join(', ')
    .slice(0, 500);
}

/** OpenSSL's own text without its numbers: `wrong version number`. */
function shortTls(error: Error): string {
  return /:SSL routines:[^:]*:([^:]+)/.exec(error.message)?.[1] ?? error.message.slice(0, 200);
}

export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return 'code' in error && typeof error.code === 'string' ? error.code : messageOf(error).slice(0, 100);
}

/** The promise, or the signal's reason as soon as it is aborted: a name that is being looked up cannot be called back. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
