import { isUtf8 } from 'node:buffer';
import { Fault } from '../../kernel/index.ts';

/** A body of at most so many bytes. With `strict` it must be UTF-8. Throws `too_large`, `invalid`. */
export async function boundedText(
  response: Response,
  mostBytes: number,
  { strict = false } = {},
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > mostBytes) throw new Fault('too_large', `The body is larger than ${mostBytes} bytes.`);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (strict && !isUtf8(body)) throw new Fault('invalid', 'The body is not UTF-8.');
  return body.toString('utf8');
}
