import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Fault, messageOf } from '../../kernel/index.ts';

export const FilePath = z.string().min(1).max(4096);

/** A file of the configuration's. Throws `unavailable`. */
export async function secretFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new Fault('unavailable', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
