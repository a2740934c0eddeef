import { Fault } from '../../kernel/index.ts';
import type { ScrapeConfig } from './config.ts';

/** Headers of the credentials that a configuration names. */
export function credentials({
  basic_auth: basic,
  authorization,
}: Pick<ScrapeConfig, 'basic_auth' | 'authorization'>): Record<string, string> {
  if (authorization !== undefined)
    return { authorization: `${authorization.type} ${authorization.credentials}` };
  if (basic === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}` };
}

/** A body of at most so many bytes. Throws `too_large`. */
export async function boundedText(response: Response, mostBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > mostBytes) throw new Fault('too_large', `The body is larger than ${mostBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
