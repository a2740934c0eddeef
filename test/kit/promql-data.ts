import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const data = fileURLToPath(new URL('../../../shared/data/promql/', import.meta.url));

/** The folders of conformance data that have this part, as `…/promql/dev/`: the one developed against, and any beside it. */
export function foldersWith(part: string): string[] {
  if (!existsSync(data)) return [];
  return readdirSync(data)
    .map(name => `${data}${name}/`)
    .filter(folder => existsSync(`${folder}${part}`));
}

/** Why a test over that data is left out; false where there is some. */
export const absent = (folders: readonly string[]): string | false =>
  folders.length > 0 ? false : 'the conformance data (../shared/data/promql) is not here';
