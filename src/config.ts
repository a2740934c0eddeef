import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import envPaths from 'env-paths';
import { z } from 'zod';
import { DurationText, Fault, messageOf, readYaml } from './kernel/index.ts';
import { NotifyConfig } from './notify/index.ts';
import { StateConfig } from './state-retention.ts';
import { AccessToken } from './surfaces/http/index.ts';
import {
  ByteSize,
  CardinalityConfig,
  DiskConfig,
  DownsamplingConfig,
  MetricsConfig,
  ProbesConfig,
  resolvedFiles,
  ScrapingConfig,
} from './telemetry/index.ts';

const ListenAddress = z
  .string()
  .regex(/^(?:\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, 'expected HOST:PORT, as 127.0.0.1:4800')
  .describe('Address to listen on, HOST:PORT');

/** The configuration: one strict document. Everything has a default; a wrong or unknown field is an error with its line. */
export const Config = z.strictObject({
  listen: ListenAddress.default('127.0.0.1:4800'),
  publicUrl: z
    .url({ protocol: /^https?$/, error: 'expected https://HOST' })
    .optional()
    .describe('How people reach the console; links in messages begin with it'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  otlp: z
    .strictObject({
      grpc: z
        .strictObject({
          listen: z
            .union([ListenAddress, z.literal('off')])
            .optional()
            .describe(
              'Where OTLP is taken over gRPC, HOST:PORT or off; absent: port 4317 beside port 4800, if it is free',
            ),
        })
        .prefault({}),
    })
    .prefault({}),
  auth: z
    .strictObject({
      tokens: z.array(AccessToken).max(1000).default([]),
    })
    .prefault({})
    .describe('Without tokens only this machine may connect, and is trusted'),
  database: z
    .strictObject({
      url: z
        .url({ protocol: /^postgres(ql)?$/, error: 'expected postgres://USER:PASSWORD@HOST:5432/DATABASE' })
        .optional()
        .describe('postgres://…; absent: embedded in the data folder'),
    })
    .prefault({}),
  telemetry: z
    .strictObject({
      clickhouse: z
        .strictObject({
          url: z
            .url({ protocol: /^https?$/, error: 'expected http://HOST:8123' })
            .describe('http://host:8123'),
          database: z.string().max(64).default('nines'),
          username: z.string().max(128).optional(),
          password: z.string().max(512).optional(),
          cluster: z
            .string()
            .regex(/^[\w-]{1,64}$/, 'expected the name of a cluster, as in remote_servers')
            .optional()
            .describe('The cluster on which tables are made, as remote_servers of the servers names it'),
          replicated: z
            .boolean()
            .default(true)
            .describe('With a cluster: on every replica of a shard, by the macros {shard} and {replica}'),
          sharded: z
            .boolean()
            .default(true)
            .describe('With a cluster: spread over its shards, through Distributed tables'),
        })
        .optional()
        .describe('A ClickHouse server; absent: embedded in the data folder'),
      retention: z
        .strictObject({
          metrics: DurationText.default('90d'),
          traces: DurationText.default('14d'),
          logs: DurationText.default('14d'),
        })
        .prefault({}),
      cardinality: CardinalityConfig.prefault({}).describe(
        'How many series there may be; more are refused, and told',
      ),
      downsampling: DownsamplingConfig.optional().describe(
        'Keep old metrics at a lower resolution; absent: as they came, for the whole retention',
      ),
      disk: DiskConfig.optional().describe(
        'How much of the disk telemetry may take. Absent: 2GiB stay free (5% on a small disk); a ClickHouse server is left alone',
      ),
      memory: ByteSize.default('256MiB').describe(
        'The most memory for samples that are asked again and again; with the embedded engine only',
      ),
      ranges: z
        .enum(['left-open', 'closed'])
        .default('left-open')
        .describe('Which samples a range of PromQL holds: as Prometheus 3 has it, or as 2.x (closed)'),
      scrape: ScrapingConfig.optional().describe("What Nines scrapes itself, in Prometheus's own words"),
      metrics: MetricsConfig.optional().describe('Where metrics are asked for; absent: the own store'),
    })
    .prefault({}),
  probes: ProbesConfig.prefault({}).describe('What probes may reach'),
  state: StateConfig.prefault({}),
  alerting: z
    .strictObject({
      every: DurationText.default('5s').describe('How often the rules are evaluated'),
      warmUp: DurationText.default('2m').describe('How much data a new objective needs before it may page'),
    })
    .prefault({}),
  incident: z
    .strictObject({
      settle: DurationText.default('60s').describe(
        'How long the indicators must stay good before an incident is resolved',
      ),
    })
    .prefault({}),
  notify: NotifyConfig.prefault({}),
  platform: z
    .strictObject({
      stopOnExit: z
        .boolean()
        .default(true)
        .describe('Stop the processes that the local platform runs when the server stops'),
    })
    .prefault({}),
  postmortems: z
    .strictObject({
      folder: z.string().min(1).optional().describe('Also write each postmortem there, as Markdown'),
    })
    .prefault({}),
});
export type Config = z.infer<typeof Config>;

/** Reads the configuration. Paths in it are relative to its own folder; `${NAME}` takes an environment variable. */
export function readConfig(file: string | undefined, env: NodeJS.ProcessEnv = process.env): Config {
  if (file === undefined) return Config.parse({});
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Fault('not_found', `The configuration ${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
  const config = readYaml(file, withEnvironment(file, text, env), Config);
  const { folder } = config.postmortems;
  const { scrape } = config.telemetry;
  const here = (path: string) => resolve(dirname(file), path);
  return {
    ...config,
    ...(folder === undefined ? {} : { postmortems: { folder: here(folder) } }),
    ...(scrape === undefined
      ? {}
      : { telemetry: { ...config.telemetry, scrape: resolvedFiles(scrape, here) } }),
  };
}

function withEnvironment(file: string, text: string, env: NodeJS.ProcessEnv): string {
  return text
    .split('\n')
    .map((line, index) =>
      line.replaceAll(/\$\{([A-Z_][A-Z0-9_]*)\}/g, (_, name: string) => {
        const value = env[name];
        if (value !== undefined) return value;
        throw new Fault('invalid', `The environment variable ${name} is not set.`, {
          place: { file, line: index + 1 },
        });
      }),
    )
    .join('\n');
}

/** Where data is kept if nothing else is said: the XDG data folder (or what the system has in its place). */
export function defaultDataFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env.NINES_DATA ?? envPaths('nines', { suffix: '' }).data;
}
