import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Fault, messageOf } from '../kernel/index.ts';
import type { SourceFile } from './document.ts';

const MAX_FILES = 2000;
const MAX_BYTES = 1_048_576;
const STDIN = 0;

/** A folder may hold JSON of other kinds too, as dashboards: one that declares resources says so in its apiVersion. */
const DECLARING_JSON = /"apiVersion"\s*:\s*"(?:nines|openslo)[./]/;

/** Reads the files of a folder and the folders below it (YAML, and JSON that declares resources), or one file; `-` is standard input. */
export function readFiles(path: string): SourceFile[] {
  if (path === '-') {
    const text = readFileSync(STDIN, 'utf8');
    if (Buffer.byteLength(text) > MAX_BYTES)
      throw new Fault('too_large', 'Standard input is larger than 1 MiB.');
    return [{ path: 'stdin', text }];
  }
  const files: SourceFile[] = [];
  const visit = (full: string) => {
    const stat = statSync(full);
    if (stat.isDirectory()) {
      for (const name of readdirSync(full).sort()) {
        if (name.startsWith('.') || name === 'node_modules') continue;
        const child = join(full, name);
        if (statSync(child).isDirectory() || /\.ya?ml$/.test(name) || declaresInJson(child)) visit(child);
      }
      return;
    }
    if (stat.size > MAX_BYTES) throw new Fault('too_large', `${full} is larger than 1 MiB.`);
    if (files.length >= MAX_FILES)
      throw new Fault('too_large', `More than ${MAX_FILES} YAML files in ${path}.`);
    files.push({ path: full, text: readFileSync(full, 'utf8') });
  };
  try {
    visit(resolve(path));
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('not_found', `${path} cannot be read: ${messageOf(cause)}`, {
      hint: 'Name a YAML file, a folder of them, or - for standard input.',
      cause,
    });
  }
  if (files.length === 0)
    throw new Fault('invalid', `No YAML file in ${path}.`, {
      hint: 'Resources are declared in files that end in .yaml, .yml or .json.',
    });
  return files;
}

function declaresInJson(path: string): boolean {
  return (
    path.endsWith('.json') &&
    statSync(path).size <= MAX_BYTES &&
    DECLARING_JSON.test(readFileSync(path, 'utf8'))
  );
}
