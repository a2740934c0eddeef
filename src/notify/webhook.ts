import { createHmac } from 'node:crypto';
import { messageOf } from '../kernel/index.ts';
import { type Channel, ChannelError } from './channel.ts';

export interface WebhookOptions {
  url: string;
  /** Signs each request; see `signature`. */
  secret?: string;
  timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 16_384;
const MAX_REDIRECTS = 3;
/** Answers that another attempt may turn into a success; every other 4xx is a refusal. */
const WORTH_RETRYING = new Set([408, 409, 425, 429]);

/**
 * POSTs the message as JSON. The headers are those of Standard Webhooks (https://www.standardwebhooks.com): `webhook-id`
 * is the same for every attempt at one delivery, so a receiver that has seen it may drop the repetition.
 */
export function webhookChannel(
  name: string,
  { url, secret, timeoutMs = TIMEOUT_MS }: WebhookOptions,
): Channel {
  return {
    name,
    local: false,
    send: async (message, address, signal, attempt) => {
      const body = JSON.stringify({
        id: attempt.delivery,
        kind: message.kind,
        message: message.id,
        to: { person: attempt.person, address },
        subject: message.subject,
        text: message.text,
        url: message.url,
        severity: message.severity,
        incident: message.incident,
        at: attempt.queuedAt,
      });
      const seconds = String(Math.floor(Date.now() / 1000));
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'nines',
        'idempotency-key': attempt.delivery,
        'webhook-id': attempt.delivery,
        'webhook-timestamp': seconds,
        'nines-attempt': String(attempt.number),
        ...(attempt.uncertain ? { 'nines-may-repeat': 'true' } : {}),
        ...(secret === undefined
          ? {}
          : { 'webhook-signature': signature(secret, attempt.delivery, seconds, body) }),
      };
      const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const response = await post(new URL(url), headers, body, limit).catch(error => {
        if (signal.aborted) throw error;
        throw error instanceof ChannelError
          ? error
          : new ChannelError(reasonOf(error, timeoutMs), { cause: error });
      });
      const answer = await beginning(response).catch(() => '');
      if (response.ok) return { reference: `HTTP ${response.status}` };
      const said = answer.trim() === '' ? '' : `: ${answer.trim().slice(0, 200)}`;
      const retryAfterMs = retryAfter(response.headers.get('retry-after'));
      throw new ChannelError(`the webhook answered ${response.status}${said}`, {
        permanent: response.status >= 400 && response.status < 500 && !WORTH_RETRYING.has(response.status),
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      });
    },
  };
}

/**
 * `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`, as Standard Webhooks has it. A secret that begins with
 * `whsec_` is base64 after that; any other is taken as its UTF-8 bytes.
 */
export function signature(secret: string, id: string, timestamp: string, body: string): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

/** Follows 307 and 308 within the same origin only: a page must not be led to a host that nobody configured. */
async function post(
  url: URL,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<Response> {
  let target = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await fetch(target, { method: 'POST', headers, body, signal, redirect: 'manual' });
    if (response.status < 300 || response.status >= 400) return response;
    await response.body?.cancel();
    const location = response.headers.get('location');
    const next = location === null ? undefined : URL.parse(location, target.href);
    if ((response.status !== 307 && response.status !== 308) || next === undefined || next === null)
      throw new ChannelError(`the webhook answered ${response.status}, which a POST cannot follow`, {
        permanent: true,
      });
    if (next.origin !== url.origin)
      throw new ChannelError(`the webhook redirects to another host (${next.host}), which is not followed`, {
        permanent: true,
      });
    target = next;
  }
  throw new ChannelError(`the webhook redirects more than ${MAX_REDIRECTS} times`, { permanent: true });
}

/** The first bytes of the answer; the rest is not read. */
async function beginning(response: Response): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= MAX_ANSWER_BYTES) break;
  }
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES));
}

function retryAfter(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `the webhook did not answer within ${timeoutMs} ms`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return `the webhook could not be reached${code}: ${cause instanceof Error ? cause.message : messageOf(error)}`;
}
