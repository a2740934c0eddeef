import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultDataFolder } from './config.ts';
import { runningServer } from './kernel/index.ts';

/** Where `npm start` in this clone keeps its data. */
const STARTED_HERE = fileURLToPath(new URL(join('..', '.nines', 'server'), import.meta.url));

export interface Folders {
  usual: string;
  started: string;
}

/**
 * The folder that a command means if none is named: the usual one, or while nothing serves that and `npm start` runs in
 * this clone, the one that it serves.
 */
export function meantFolder(
  { usual, started }: Folders = { usual: defaultDataFolder(), started: STARTED_HERE },
): string {
  const isServed = (folder: string) => runningServer(folder) !== undefined;
  return !isServed(usual) && isServed(started) ? started : usual;
}
