#!/usr/bin/env node
import { Command } from 'commander';
import { backupCommand, restoreCommand } from './backup-command.ts';
import { checkedFiles, readFiles, resourceId } from './catalog/index.ts';
import { defaultDataFolder } from './config.ts';
import { connect, connectEachTime, connectToNothing, localUser } from './connect.ts';
import { meantFolder } from './data-folder.ts';
import { followDrill } from './drill.ts';
import type { Effect } from './kernel/index.ts';
import { kinds } from './kinds.ts';
import { TAIL_EXAMPLES, tailCommand } from './logs-tail.ts';
import { operations } from './operations.ts';
import { serve } from './serve.ts';
import { type Connection, Exit, type GlobalFlags, printable, runCli } from './surfaces/cli/index.ts';
import { serveMcp } from './surfaces/mcp/index.ts';
import { version } from './version.ts';

interface Asked {
  effect: Effect;
  standalone?: true;
  files?: string;
}

/** Only a write, and what speaks of files before they are applied, makes a data folder where none is. */
async function open(flags: GlobalFlags, { standalone, effect, files }: Asked): Promise<Connection> {
  const options = connectionOf(flags, 'cli');
  return standalone
    ? connectToNothing(options)
    : connect({ ...options, create: effect === 'write' || files !== undefined });
}

function connectionOf(flags: GlobalFlags, surface: 'cli' | 'mcp') {
  return {
    data: flags.data ?? meantFolder(),
    ...(flags.server === undefined ? {} : { server: flags.server }),
    ...(flags.token === undefined ? {} : { token: flags.token }),
    principal: {
      name: flags.as ?? localUser(),
      kind: surface === 'mcp' ? ('agent' as const) : ('person' as const),
    },
    surface,
  };
}

const serveCommand = new Command('serve')
  .description('Run the server: API, console, ingest, alerting, incidents')
  .option('--listen <host:port>', 'Address to listen on (default 127.0.0.1:4800)')
  .option('--config <file>', 'Configuration file')
  .action(async (_, command: Command) => {
    const flags = command.optsWithGlobals<GlobalFlags & { listen?: string; config?: string }>();
    const code = await serve({
      data: flags.data ?? defaultDataFolder(),
      ...(flags.listen === undefined ? {} : { listen: flags.listen }),
      ...(flags.config === undefined ? {} : { config: flags.config }),
    });
    throw new Exit(code);
  });

const mcpCommand = new Command('mcp')
  .description('Serve the operations to a model over stdio (Model Context Protocol)')
  .action(async (_, command: Command) => {
    const flags = command.optsWithGlobals<GlobalFlags>();
    await serveMcp({ operations, caller: connectEachTime(connectionOf(flags, 'mcp')), version });
  });

/** Checking needs nobody's data: it opens no folder and asks no server, so that it can run in any CI. */
const checkCommand = new Command('check')
  .description('Check reliability as code: schemas, references, rules')
  .argument('<paths...>', 'Folders of YAML files, or files; - is standard input')
  .option('--each', 'Each document for itself: what it refers to may lie elsewhere')
  .action((paths: string[], _, command: Command) => {
    const { json, each = false } = command.optsWithGlobals<GlobalFlags & { each?: boolean }>();
    const resources = checkedFiles(paths.flatMap(readFiles), kinds, { each }).map(resourceId);
    process.stdout.write(
      json
        ? `${JSON.stringify({ resources }, null, 2)}\n`
        : `${resources.length === 1 ? '1 resource is' : `${resources.length} resources are`} valid.\n`,
    );
  });

const drillCommand = new Command('drill')
  .description('Rehearse: break the system on purpose and follow what happens, stage by stage')
  .argument('[name]', 'The drill, as bad-release; without it the drills are listed')
  .action(async (name: string | undefined, _, command: Command) => {
    const flags = command.optsWithGlobals<GlobalFlags>();
    const connection = await open(flags, { effect: 'act' });
    try {
      const code = await followDrill({
        name,
        json: flags.json,
        caller: connection.caller,
        out: text => process.stdout.write(printable(text)),
        progress: text => process.stderr.write(printable(text)),
      });
      if (code !== 0) throw new Exit(code);
    } finally {
      await connection.close();
    }
  });

process.exitCode = await runCli(process.argv.slice(2), {
  operations,
  version,
  connect: open,
  aliases: { plan: 'catalog.plan', apply: 'catalog.apply' },
  readFiles,
  verbs: { logs: [tailCommand(connectionOf)] },
  examples: {
    tail: TAIL_EXAMPLES,
    serve: ['nines serve', 'nines serve --listen 127.0.0.1:4900 --config nines.yaml'],
    check: ['nines check reliability/', 'nines check reliability/slos/checkout.yaml --each'],
    drill: ['nines drill', 'nines drill bad-release'],
    backup: ['nines backup --out nines.tar.zst --verify'],
    restore: ['nines restore nines.tar.zst --data restored/', 'nines restore nines.tar.zst --dry-run'],
    mcp: ['claude mcp add nines -- nines mcp'],
  },
  commands: [serveCommand, checkCommand, drillCommand, backupCommand, restoreCommand, mcpCommand],
});
