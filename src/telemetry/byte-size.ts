import { z } from 'zod';
import { Fault } from '../kernel/index.ts';

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};
const PATTERN = /^(\d+(?:\.\d+)?) ?(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$/;

/** A number of bytes as text, `20GiB` or `500MB`. */
export const ByteSize = z
  .string()
  .max(32)
  .regex(PATTERN, 'a size is a number with its unit, as 500MB or 20GiB')
  .describe('A size, as 500MB or 20GiB');

/** A number of bytes, or a share of the disk: `20GiB`, `5%`. */
export const DiskShare = z.union([
  ByteSize,
  z
    .string()
    .regex(/^(?:[1-9]|[1-4]\d|50)(?:\.\d+)?%$/, 'a share of the disk is 1% to 50%, or a size as 2GiB'),
]);

/** Bytes of a size or of a share of `total` bytes. Throws `invalid` for what is neither. */
export function bytesOf(text: string, total = 0): number {
  if (text.endsWith('%')) return Math.round((Number.parseFloat(text) / 100) * total);
  const [, count, unit] = PATTERN.exec(text) ?? [];
  if (count === undefined || unit === undefined)
    throw new Fault('invalid', `'${text.slice(0, 40)}' is not a size.`, {
      hint: 'Write it as 500MB or 20GiB.',
    });
  return Math.round(Number(count) * UNITS[unit]!);
}

/** For people: `1.5 GiB`. */
export function sizeText(bytes: number): string {
  for (const unit of ['TiB', 'GiB', 'MiB', 'KiB'] as const)
    if (bytes >= UNITS[unit]!) return `${(bytes / UNITS[unit]!).toFixed(1)} ${unit}`;
  return `${bytes} B`;
}
