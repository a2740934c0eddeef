import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const MAX_NAMES = 100;

/** A postmortem's file as it stands; undefined if there is none, or it cannot be read. */
export async function readDocument(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Writes whole or not at all: beside it first, then renamed over it. Without a `path` a name that is free is taken, so
 * that a document of another system with the same incident number is never written over. Gives the path.
 */
export async function writeDocument(
  folder: string,
  { path, name, markdown }: { path: string | undefined; name: string; markdown: string },
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const target = path ?? (await freePath(folder, name, markdown));
  const beside = `${target}.${process.pid}.tmp`;
  try {
    await writeFile(beside, markdown, { flush: true });
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    throw error;
  }
  return target;
}

async function freePath(folder: string, name: string, markdown: string): Promise<string> {
  for (let n = 1; n <= MAX_NAMES; n++) {
    const path = join(folder, n === 1 ? `${name}.md` : `${name}-${n}.md`);
    const there = await readDocument(path);
    // The same text is our own from before a crash.
    if (there === undefined || there === markdown) return path;
  }
  throw new Error(`${folder} holds ${MAX_NAMES} documents named ${name} already`);
}
