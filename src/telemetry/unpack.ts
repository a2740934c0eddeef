import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import { Fault, messageOf } from '../kernel/index.ts';

const unzip = promisify(gunzip);
const unzstd = promisify(zstdDecompress);

/**
 * The body without its compression, told by its first bytes: a body that the HTTP server unpacked already carries the
 * same Content-Encoding as one that it did not. (Neither magic number can begin an OTLP message.)
 * Throws `too_large` past the bound and `invalid` for what cannot be unpacked.
 */
export async function unpacked(body: Uint8Array, mostBytes: number): Promise<Uint8Array> {
  if (body.byteLength > mostBytes) throw tooLarge(mostBytes);
  const unpack =
    body[0] === 0x1f && body[1] === 0x8b
      ? unzip
      : body[0] === 0x28 && body[1] === 0xb5 && body[2] === 0x2f && body[3] === 0xfd
        ? unzstd
        : undefined;
  if (unpack === undefined) return body;
  try {
    return await unpack(body, { maxOutputLength: mostBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(mostBytes);
    throw new Fault('invalid', `The body cannot be unpacked: ${messageOf(cause)}`, { cause });
  }
}

function tooLarge(mostBytes: number): Fault {
  return new Fault('too_large', `The request is larger than ${Math.floor(mostBytes / 1024 / 1024)} MiB.`, {
    hint: 'Send smaller batches.',
  });
}
