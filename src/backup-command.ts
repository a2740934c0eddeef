import { createWriteStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import type { Manifest } from './backup-archive.ts';
import { defaultDataFolder } from './config.ts';
import { connect, localUser } from './connect.ts';
import { meantFolder } from './data-folder.ts';
import { Fault, messageOf, newId } from './kernel/index.ts';
import {
  checkArchive,
  diskFault,
  interruptible,
  type Restored,
  restoreBackup,
  verifyBackup,
} from './restore.ts';
import type { GlobalFlags } from './surfaces/cli/index.ts';

export const backupCommand = new Command('backup')
  .description('Back up the embedded data, whether a server runs or not')
  .option('--out <file>', 'The archive to write (default nines-TIME.tar.zst here)')
  .option('--verify', 'Then restore it into a scratch folder, compare, and remove that')
  .action(async (_, command: Command) => {
    const flags = command.optsWithGlobals<GlobalFlags & { out?: string; verify?: boolean }>();
    const { file, bytes, manifest } = await backUp(flags);
    const verified = flags.verify === true ? await shown(tell => verifyBackup(file, tell)) : undefined;
    const summary = { file, bytes, ...summaryOf(manifest), verified: verified !== undefined };
    process.stdout.write(
      flags.json ? `${JSON.stringify(summary, null, 2)}\n` : `${renderBackup(summary, verified)}\n`,
    );
  });

export const restoreCommand = new Command('restore')
  .description('Make a data folder of a backup')
  .argument('<file>', 'An archive that nines backup wrote')
  .option('--replace', 'Move the data that is there aside rather than refuse')
  .option('--dry-run', 'Restore into a scratch folder, compare, and remove that')
  .action(async (file: string, _, command: Command) => {
    const flags = command.optsWithGlobals<GlobalFlags & { replace?: boolean; dryRun?: boolean }>();
    const restored = await shown(tell =>
      flags.dryRun === true
        ? verifyBackup(file, tell)
        : restoreBackup({
            file,
            data: flags.data ?? defaultDataFolder(),
            replace: flags.replace ?? false,
            progress: tell,
          }),
    );
    process.stdout.write(
      flags.json ? `${JSON.stringify(restored, null, 2)}\n` : `${renderRestored(restored)}\n`,
    );
  });

/** Writes the archive beside its name and gives it the name when it is whole, read again, and on the disk. */
async function backUp(
  flags: GlobalFlags & { out?: string },
): Promise<{ file: string; bytes: number; manifest: Manifest }> {
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '');
  const file = resolve(flags.out ?? `nines-${time}Z.tar.zst`);
  if (await stat(file).catch(() => undefined))
    throw new Fault('conflict', `${file} exists already.`, { hint: 'Name another file with --out FILE.' });
  await stat(dirname(file)).catch(cause => {
    throw new Fault('not_found', `There is no folder ${dirname(file)}: ${messageOf(cause)}`, { cause });
  });
  const data = flags.data ?? meantFolder();
  const partial = `${file}.${newId('run')}`;
  const connection = await connect({
    data,
    principal: { name: flags.as ?? localUser(), kind: 'person' },
    surface: 'cli',
    ...(flags.server === undefined ? {} : { server: flags.server }),
    ...(flags.token === undefined ? {} : { token: flags.token }),
  });
  try {
    try {
      await shown(async tell => {
        let bytes = 0;
        const counting = new Transform({
          transform: (chunk: Buffer, _, next) => {
            bytes += chunk.byteLength;
            tell(`${mebibytes(bytes)} written`);
            next(null, chunk);
          },
        });
        const to = createWriteStream(partial, { flags: 'wx', mode: 0o600, flush: true });
        await interruptible(partial, async () => pipeline(await connection.backup(), counting, to));
      });
    } finally {
      await connection.close();
    }
    const manifest = await checkArchive(partial);
    const { size } = await stat(partial);
    await rename(partial, file);
    await synced(dirname(file));
    return { file, bytes: size, manifest };
  } catch (error) {
    const told = diskFault(error, dirname(file));
    if (told instanceof Fault || connection.server === undefined) throw told;
    throw new Fault('unavailable', `The server ended the backup before it was whole: ${messageOf(error)}`, {
      hint: 'Its log says why. Nothing was written.',
      cause: error,
    });
  } finally {
    await rm(partial, { force: true });
  }
}

/** So that the name is on the disk too. */
async function synced(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

/** Shows on a terminal how far the work is. */
async function shown<T>(work: (tell: (text: string) => void) => Promise<T>): Promise<T> {
  const { stderr } = process;
  if (stderr.isTTY !== true) return work(() => {});
  let last = 0;
  try {
    return await work(text => {
      const now = performance.now();
      if (now - last < 100) return;
      last = now;
      stderr.write(`\r\x1b[K${text}`);
    });
  } finally {
    stderr.write('\r\x1b[K');
  }
}

function summaryOf({ nines, at, state, telemetry, elsewhere, files }: Manifest) {
  return {
    at,
    nines,
    files: files.length,
    unpackedBytes: files.reduce((sum, file) => sum + file.bytes, 0),
    state:
      state === undefined ? undefined : { tables: Object.keys(state.rows).length, rows: sumOf(state.rows) },
    telemetry: telemetry?.tables.map(({ table, rows }) => ({ table, rows })),
    elsewhere,
  };
}

const sumOf = (rows: Record<string, number>) => Object.values(rows).reduce((sum, count) => sum + count, 0);

function renderBackup(
  summary: ReturnType<typeof summaryOf> & { file: string; bytes: number },
  verified: Restored | undefined,
): string {
  const { file, bytes, unpackedBytes, state, telemetry, elsewhere } = summary;
  return [
    `${file}: ${mebibytes(bytes)} (${mebibytes(unpackedBytes)} unpacked), readable by its owner only.`,
    ...(state === undefined ? [] : [`State: ${state.rows} rows of ${state.tables} tables.`]),
    ...tableLines(telemetry ?? []),
    ...elsewhere.map(one => `Not in it. ${one}`),
    verified === undefined
      ? 'Its checksums were read again. To prove it: nines restore FILE --dry-run'
      : 'It was restored into a scratch folder: every checksum and row count agrees.',
  ].join('\n');
}

function renderRestored({ data, movedTo, nines, at, stateRows, tables, elsewhere }: Restored): string {
  return [
    data === undefined
      ? `The backup of ${at} (Nines ${nines}) can be restored: every checksum and count agrees.`
      : `Restored the backup of ${at} (Nines ${nines}) into ${data}.`,
    `State: ${stateRows} rows.`,
    ...tableLines(tables),
    ...(movedTo === undefined ? [] : [`What was there before lies in ${movedTo}.`]),
    ...elsewhere.map(one => `Not in it. ${one}`),
    ...(data === undefined
      ? []
      : [`Start it with: nines serve${data === defaultDataFolder() ? '' : ` --data ${data}`}`]),
  ].join('\n');
}

function tableLines(tables: readonly { table: string; rows: number }[]): string[] {
  return tables
    .filter(({ rows }) => rows > 0)
    .map(({ table, rows }) => `  ${table.padEnd(26)} ${String(rows).padStart(12)} rows`);
}

const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
