import { createGunzip } from 'node:zlib';
import { Fault } from '../../kernel/index.ts';

/** Reads a request's body, unpacking gzip, and stops as soon as either form is over the bound. Throws `too_large`. */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  if (encoding !== 'identity' && encoding !== 'gzip')
    throw new Fault('invalid', `The content encoding '${encoding.slice(0, 40)}' is not known here.`, {
      hint: 'Send the body as it is, or with gzip.',
    });
  if (request.body === null) return new Uint8Array();
  const packed = bounded(request.body, maxBytes);
  return encoding === 'gzip' ? await unpack(packed, maxBytes) : Buffer.concat(await Array.fromAsync(packed));
}

/** A request's body as it was sent, packed or not. Throws `too_large`. */
export async function readRaw(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (request.body === null) return new Uint8Array();
  return Buffer.concat(await Array.fromAsync(bounded(request.body, maxBytes)));
}

async function* bounded(body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

async function unpack(packed: AsyncGenerator<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const gunzip = createGunzip();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const done = new Promise<void>((resolve, reject) => {
    gunzip.on('data', (chunk: Uint8Array) => {
      size += chunk.byteLength;
      // A small body that unpacks to a huge one is stopped while it unpacks.
      if (size > maxBytes) gunzip.destroy(tooLarge(maxBytes));
      else chunks.push(chunk);
    });
    gunzip.on('end', resolve);
    gunzip.on('error', error => reject(error instanceof Fault ? error : notGzip(error)));
  });
  const fed = (async () => {
    for await (const chunk of packed) {
      if (gunzip.destroyed) return;
      if (!gunzip.write(chunk))
        await Promise.race([new Promise(resolve => gunzip.once('drain', resolve)), done]);
    }
    gunzip.end();
  })().catch(error => {
    gunzip.destroy(error);
    throw error;
  });
  await Promise.all([done, fed]);
  return Buffer.concat(chunks);
}

function notGzip(cause: Error): Fault {
  return new Fault('invalid', 'The body says that it is gzip, and cannot be unpacked.', { cause });
}

function tooLarge(maxBytes: number): Fault {
  return new Fault('too_large', `The body is larger than ${formatBytes(maxBytes)}.`, {
    hint: 'Send less at once.',
  });
}

function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 * 1024 ? `${Math.floor(bytes / 1024)} KiB` : `${Math.floor(bytes / 1024 / 1024)} MiB`;
}
