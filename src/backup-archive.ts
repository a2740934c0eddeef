import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { createTarDecoder, createTarPacker } from 'modern-tar';
import { z } from 'zod';
import { Fault, Instant, messageOf } from './kernel/index.ts';

/** The archive's format. Another number is refused: what it means is not known here. */
const FORMAT = 1;
const HEADER = 'nines-backup.json';
const MANIFEST = 'manifest.json';
const SLICE = 1024 * 1024;
/** Bounds of what is read into memory of an archive that may be anybody's. */
const MOST_HEADER = 64 * 1024;
const MOST_MANIFEST = 512 * 1024 * 1024;

const Header = z.object({
  format: z.int(),
  nines: z.string().max(100),
  at: Instant,
  /** Bytes of all files, unpacked. */
  bytes: z.number().min(0),
});
export type Header = z.infer<typeof Header>;

const Manifest = z.strictObject({
  format: z.literal(FORMAT),
  /** The version of Nines that made it. */
  nines: z.string(),
  at: Instant,
  state: z.strictObject({ rows: z.record(z.string(), z.number()) }).optional(),
  telemetry: z
    .strictObject({
      tables: z.array(
        z.strictObject({
          table: z.string(),
          create: z.string(),
          rows: z.number(),
          parts: z.array(z.string()),
        }),
      ),
    })
    .optional(),
  /** What is not in it, because it is kept elsewhere. */
  elsewhere: z.array(z.string()),
  files: z.array(z.strictObject({ name: z.string(), bytes: z.number(), sha256: z.string() })),
});
export type Manifest = z.infer<typeof Manifest>;

export interface ArchiveFile {
  name: string;
  bytes: number;
  read(): AsyncIterable<Uint8Array>;
}

/**
 * Packs files as a tar archive in zstd: a header first, so that a reader knows what it has; the manifest with the
 * checksum of every file last, so that an archive that was cut off has none. `done` runs when nobody reads any more.
 */
export function packArchive(
  facts: Omit<Manifest, 'format' | 'files'>,
  files: readonly ArchiveFile[],
  done: () => Promise<void>,
): Readable {
  const { readable, controller } = createTarPacker();
  const add = async (name: string, bytes: number, body: AsyncIterable<Uint8Array>) => {
    const hash = createHash('sha256');
    const writer = controller
      .add({ name, size: bytes, type: 'file', mode: 0o600, mtime: new Date(facts.at) })
      .getWriter();
    for await (const chunk of body)
      for (let from = 0; from < chunk.byteLength; from += SLICE) {
        const slice = chunk.subarray(from, from + SLICE);
        hash.update(slice);
        await writer.write(slice);
      }
    await writer.close();
    return { name, bytes, sha256: hash.digest('hex') };
  };
  const json = (name: string, value: unknown) => {
    const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
    return add(name, bytes.byteLength, once(bytes));
  };
  const fill = async () => {
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    await json(HEADER, { format: FORMAT, nines: facts.nines, at: facts.at, bytes } satisfies Header);
    const listed: Manifest['files'] = [];
    for (const file of files) listed.push(await add(file.name, file.bytes, file.read()));
    await json(MANIFEST, { format: FORMAT, ...facts, files: listed } satisfies Manifest);
    controller.finalize();
  };
  fill()
    .catch(error => controller.error(error))
    .finally(done)
    .catch(() => {});
  const packed = createZstdCompress({
    params: {
      [constants.ZSTD_c_compressionLevel]: 3,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  });
  // What ends it early reaches both ends: the reader as an error, the packer as a cancelled stream.
  pipeline(Readable.fromWeb(readable as Parameters<typeof Readable.fromWeb>[0]), packed).catch(() => {});
  return packed;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

export interface ArchiveReader {
  /** The archive begins so; may refuse by throwing. */
  onHeader(header: Header): Promise<void>;
  /** Takes a file's bytes; leaving them unread is allowed. */
  onFile(name: string, body: AsyncIterable<Uint8Array>): Promise<void>;
}

/**
 * Reads an archive to its end. Returns the manifest when every file in it was there with its checksum and nothing
 * else was. Throws `invalid` for what is no whole backup of this format.
 */
export async function readArchive(archive: Readable, { onHeader, onFile }: ArchiveReader): Promise<Manifest> {
  const found = new Map<string, { bytes: number; sha256: string }>();
  let header: Header | undefined;
  let manifest: unknown;
  let unread = 0;
  const unpacked = createZstdDecompress();
  // Whoever waits for bytes that will never come is told, whatever the streams between make of it.
  const over = Promise.withResolvers<never>();
  over.promise.catch(() => {});
  const reading = pipeline(archive, unpacked).catch(over.reject);
  try {
    const entries = (Readable.toWeb(unpacked) as ReadableStream<Uint8Array>).pipeThrough(
      createTarDecoder({ strict: true }),
    );
    for await (const { header: entry, body: stream } of orFailure(entries, over.promise)) {
      const body = orFailure(stream, over.promise);
      const { name } = entry;
      if (manifest !== undefined) throw broken('there is something behind its end');
      if (header === undefined) {
        if (name !== HEADER) throw broken('it does not begin as one');
        header = Header.parse(JSON.parse(await textOf(body, MOST_HEADER)));
        if (header.format !== FORMAT)
          throw new Fault(
            'invalid',
            `The backup has format ${header.format} (Nines ${header.nines}); this Nines reads format ${FORMAT}.`,
            { hint: 'Restore it with the version of Nines that made it.' },
          );
        await onHeader(header);
        unread = header.bytes;
      } else if (name === MANIFEST) manifest = JSON.parse(await textOf(body, MOST_MANIFEST));
      else {
        if (entry.type !== 'file' || !isPlain(name) || found.has(name))
          throw broken(`'${name.slice(0, 100)}' does not belong in it`);
        const hash = createHash('sha256');
        let bytes = 0;
        const counted = (async function* () {
          for await (const chunk of body) {
            hash.update(chunk);
            bytes += chunk.byteLength;
            // What room there must be on the disk was judged by what it says of itself.
            unread -= chunk.byteLength;
            if (unread < 0) throw broken('it holds more than it says');
            yield chunk;
          }
        })();
        await onFile(name, counted);
        for await (const _ of counted) {
          // What was left unread is still held against its checksum.
        }
        found.set(name, { bytes, sha256: hash.digest('hex') });
      }
    }
    await reading;
  } catch (error) {
    if (error instanceof Fault || isSystem(error)) throw error;
    throw broken(messageOf(error).replace(/\.$/, '') || 'it ends before its end');
  } finally {
    archive.destroy();
    unpacked.destroy();
  }
  if (manifest === undefined) throw broken('it ends before its end: it was cut off');
  return checked(manifest, found);
}

/** What a stream gives, until it ends or something else fails. */
async function* orFailure<T>(stream: ReadableStream<T>, failure: Promise<never>): AsyncGenerator<T> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), failure]);
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function checked(value: unknown, found: ReadonlyMap<string, { bytes: number; sha256: string }>): Manifest {
  const parsed = Manifest.safeParse(value);
  if (!parsed.success) throw broken('its manifest cannot be read');
  const { files } = parsed.data;
  for (const { name, bytes, sha256 } of files) {
    const here = found.get(name);
    if (here === undefined) throw broken(`${name} is missing`);
    if (here.bytes !== bytes || here.sha256 !== sha256) throw broken(`${name} is not what was backed up`);
  }
  if (files.length !== found.size) throw broken('it has files that its manifest does not know');
  return parsed.data;
}

/** A path below a folder: no way up, no root. */
function isPlain(name: string): boolean {
  const steps = name.split('/');
  return steps.length <= 8 && steps.every(step => /^[\w.%@+-]{1,200}$/.test(step) && !/^\.{1,2}$/.test(step));
}

async function textOf(body: AsyncIterable<Uint8Array>, most: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > most) throw broken('its description is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Of the disk, not of the archive: whoever writes or reads files tells it. */
function isSystem(error: unknown): boolean {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

function broken(why: string): Fault {
  return new Fault('invalid', `This is no whole backup of Nines: ${why}.`, {
    hint: 'Take another one, or another copy of it: nothing was changed.',
  });
}
