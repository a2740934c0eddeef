import {
  closeSync,
  copyFileSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { redactText } from '../../kernel/index.ts';

const TAIL_BYTES = 256 * 1024;
const MAX_LINE = 4_000;

export interface LogLimits {
  /** A file that grew over this is moved to `.1`, in place of the one before. */
  maxBytes: number;
  /** How many files of a service's ended instances are kept. */
  keepEnded: number;
}

/** The output of the instances: one file an instance, in a folder a service, of bounded size. */
export function logFiles(folder: string, limits: LogLimits) {
  const folderOf = (service: string) => join(folder, service);
  const fileOf = (service: string, instance: string) => join(folderOf(service), `${instance}.log`);
  return {
    /** Opened for appending, so that truncating the file makes the process go on at its beginning. */
    open: (service: string, instance: string): number => {
      mkdirSync(folderOf(service), { recursive: true, mode: 0o700 });
      return openSync(fileOf(service, instance), 'a', 0o600);
    },
    close: (descriptor: number) => closeSync(descriptor),
    /** The last lines, with secrets taken out; empty if there is no file. */
    tail: (service: string, instance: string, lines: number): string[] => {
      const file = fileOf(service, instance);
      const last = tailOf(file, lines);
      return (last.length >= lines ? last : [...tailOf(`${file}.1`, lines - last.length), ...last]).map(
        line => redactText(line.slice(0, MAX_LINE)),
      );
    },
    /**
     * Copies and truncates a file that has grown too large. What the process writes between the two is lost: the price of
     * a process that keeps its file open and outlives us.
     */
    rotate: (service: string, instance: string): boolean => {
      const file = fileOf(service, instance);
      const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      if (size <= limits.maxBytes) return false;
      copyFileSync(file, `${file}.1`);
      truncateSync(file, 0);
      return true;
    },
    /** Removes the oldest files of instances that are not among the living. */
    sweep: (service: string, living: ReadonlySet<string>): void => {
      const ended = listed(folderOf(service))
        .map(name => ({ name, instance: name.replace(/\.log(\.1)?$/, '') }))
        .filter(({ instance }) => !living.has(instance))
        .map(({ name, instance }) => ({
          path: join(folderOf(service), name),
          instance,
          at: statSync(join(folderOf(service), name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
        }))
        .sort((a, b) => b.at - a.at);
      const kept = new Set([...new Set(ended.map(one => one.instance))].slice(0, limits.keepEnded));
      for (const { path, instance } of ended) if (!kept.has(instance)) rmSync(path, { force: true });
    },
    /** The instances that have a file, the one written last at the end. */
    instances: (service: string): string[] =>
      listed(folderOf(service))
        .filter(name => name.endsWith('.log'))
        .map(name => ({
          instance: name.slice(0, -4),
          at: statSync(join(folderOf(service), name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
        }))
        .sort((a, b) => a.at - b.at)
        .map(one => one.instance),
  };
}

export type LogFiles = ReturnType<typeof logFiles>;

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function tailOf(file: string, lines: number): string[] {
  if (lines <= 0) return [];
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(descriptor);
    const length = Math.min(size, TAIL_BYTES);
    const buffer = Buffer.alloc(length);
    const read = readSync(descriptor, buffer, 0, length, size - length);
    const all = buffer.subarray(0, read).toString('utf8').split('\n');
    if (all.at(-1) === '') all.pop();
    // The first line of a part of a file is most likely cut.
    if (size > length) all.shift();
    return all.slice(-lines);
  } finally {
    closeSync(descriptor);
  }
}
