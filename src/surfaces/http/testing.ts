import { noteOperations, notesApp } from '../testing.ts';
import { type AccessToken, hashToken } from './auth.ts';
import { createHttp } from './http.ts';
import type { HttpOptions } from './options.ts';

export type Rooms = Parameters<typeof createHttp<Parameters<(typeof noteOperations)[number]['run']>[1]>>[0];
type Extra = Partial<HttpOptions<never>>;

export const noEvents = { lastSeq: async () => 0, async *follow() {} } as unknown as Rooms['events'];

/** The application of notes over HTTP, and ways to ask it as a client on this machine. */
export function server(extra: Extra = {}) {
  const app = notesApp();
  const http = createHttp({
    operations: noteOperations,
    call: app.call,
    events: noEvents,
    metrics: app.metrics,
    ready: [],
    auth: { mode: 'local' },
    log: app.log,
    version: '0.1.0',
    ...(extra as object),
  });
  const request = async (path: string, init: RequestInit = {}, host = '127.0.0.1:4800') =>
    http.request(`http://${host}${path}`, { ...init, headers: { host, ...(init.headers as object) } });
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    request(path, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  return { ...app, http, request, post };
}

export async function fault(response: Response) {
  const { error } = (await response.json()) as {
    error: { code: string; message: string; hint?: string; problems?: unknown[] };
  };
  return { status: response.status, ...error };
}

export const tokens: AccessToken[] = [
  { name: 'reader', role: 'viewer', kind: 'person', ingest: false, sha256: hashToken('read-me') },
  { name: 'ops', role: 'responder', kind: 'person', ingest: false, sha256: hashToken('do-it') },
  { name: 'collector', role: 'viewer', kind: 'agent', ingest: true, sha256: hashToken('send-it') },
];
