import { createHash, randomBytes } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** A new random id with a prefix that tells its kind, as `pg_7f3k…`: 80 random bits in 16 letters without look-alikes. */
export function newId(prefix: string): string {
  let text = '';
  for (const byte of randomBytes(16)) text += ALPHABET[byte & 31];
  return `${prefix}_${text}`;
}

/** A UUID that is always the same for the same text: what makes "schedule this once" a primary key. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
