#!/usr/bin/env node
import { Command } from 'commander';
import { readFiles } from './catalog/index.ts';
import { defaultDataFolder } from './config.ts';
import { connect, connectEachTime, localUser } from './connect.ts';
import { followDrill } from './drill.ts';
import { operations } from './operations.ts';
import { serve } from './serve.ts';
import { type Connection, Exit, type GlobalFlags, runCli } from './surfaces/cli/index.ts';
import { serveMcp } from './surfaces/mcp/index.ts';
import { version } from './version.ts';

const open = (flags: GlobalFlags): Promise<Connection> => connect(connectionOf(flags, 'cli'));

function connectionOf(flags: GlobalFlags, surface: 'cli' | 'mcp') {
  return {
    data: flags.data ?? defaultDataFolder(),
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

/** `nines check|plan|apply FOLDER`: the files are read here and sent to whoever answers. */
function folderCommand(name: 'check' | 'plan' | 'apply', description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<folder>', 'A folder of YAML files, or one file')
    .action(async (folder: string, _, command: Command) => {
      const flags = command.optsWithGlobals<GlobalFlags>();
      const files = readFiles(folder);
      const connection = await open(flags);
      try {
        const operation = operations.find(one => one.name === `catalog.${name}`)!;
        const answer = await connection.caller(operation.name, { files });
        const text = operation.render?.(answer as never) ?? '';
        process.stdout.write(flags.json ? `${JSON.stringify(answer, null, 2)}\n` : `${text}\n`);
      } finally {
        await connection.close();
      }
    });
}

const drillCommand = new Command('drill')
  .description('Rehearse: break the system on purpose and follow what happens, stage by stage')
  .argument('[name]', 'The drill, as bad-release; without it the drills are listed')
  .action(async (name: string | undefined, _, command: Command) => {
    const flags = command.optsWithGlobals<GlobalFlags>();
    const connection = await open(flags);
    try {
      const code = await followDrill({
        name,
        json: flags.json,
        caller: connection.caller,
        out: text => process.stdout.write(text),
        progress: text => process.stderr.write(text),
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
  readFiles,
  commands: [
    serveCommand,
    folderCommand('check', 'Check reliability-as-code: schemas, references, rules'),
    folderCommand('plan', 'Show what applying a folder would change'),
    folderCommand('apply', 'Make a folder the whole of what is declared'),
    drillCommand,
    mcpCommand,
  ],
});
