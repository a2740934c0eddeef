import type { ClickHouseClient } from '@clickhouse/client';
import { Fault, messageOf } from '../kernel/index.ts';
import { type Cluster, layoutOf, shardedInsertSettings, shardedQuerySettings } from './layout.ts';
import {
  insertSettings,
  type Params,
  type QueryOptions,
  querySettings,
  type Store,
  storeFault,
} from './store.ts';
import { rowsOf } from './store-chdb.ts';

export interface ClickHouseOptions {
  /** As `http://127.0.0.1:8123`. */
  url: string;
  /** Made when missing. Default `nines`. */
  database?: string | undefined;
  username?: string | undefined;
  password?: string | undefined;
  /** The servers are a cluster of this name, as their configuration has it. */
  cluster?: string | undefined;
  /** With a cluster: tables lie on every replica of a shard. */
  replicated?: boolean | undefined;
  /** With a cluster: tables are spread over its shards. */
  sharded?: boolean | undefined;
  /** Longest wait for a connection or an answer. Default 60 s. */
  requestTimeoutMs?: number;
}

/** ClickHouse by URL over its HTTP interface. The client is an optional dependency, loaded here. */
export async function openClickHouse(options: ClickHouseOptions): Promise<Store> {
  const cluster = clusterOf(options);
  const client = await connect(options, cluster);
  const settings = (options: QueryOptions | undefined) =>
    Object.fromEntries(
      Object.entries({ ...querySettings(options), ...(cluster?.sharded ? shardedQuerySettings : {}) }).map(
        ([name, value]) => [name, String(value)],
      ),
    );

  const attempt = async <T>(run: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      if (signal?.aborted) throw new Fault('cancelled', 'The query was cancelled.', { cause: error });
      throw clickhouseFault(error);
    }
  };
  const ask = (format: string, sql: string, params: Params = {}, options?: QueryOptions) =>
    attempt(async () => {
      const { stream } = await client.exec({
        query: `${sql}\nFORMAT ${format}`,
        query_params: { ...params },
        clickhouse_settings: settings(options),
        ...(options?.signal === undefined ? {} : { abort_signal: options.signal }),
      });
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    }, options?.signal);

  return {
    engine: 'clickhouse',
    ...(cluster === undefined ? {} : { cluster }),
    query: async <Row>(sql: string, params?: Params, options?: QueryOptions) =>
      rowsOf<Row>((await ask('JSONEachRow', sql, params, options)).toString('utf8')),
    bytes: (sql, params, options) => ask(options?.format ?? 'RowBinary', sql, params, options),
    insert: async (table, columns, rows, format = 'JSONCompactEachRow') => {
      const names = columns.map(column => `\`${column}\``).join(', ');
      await attempt(async () => {
        const { Readable } = await import('node:stream');
        const { stream } = await client.exec({
          query: `INSERT INTO ${table} (${names}) FORMAT ${format}`,
          values: Readable.from([Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength)], {
            objectMode: false,
          }),
          clickhouse_settings: Object.fromEntries(
            Object.entries({
              ...insertSettings,
              ...(cluster?.sharded ? shardedInsertSettings : {}),
              wait_end_of_query: 1,
            }).map(([name, value]) => [name, String(value)]),
          ),
        });
        for await (const _ of stream) {
          // The answer of an insert is empty; it has to be read to its end.
        }
      });
    },
    exec: async (sql, params, options) => {
      await attempt(() =>
        client.command({
          query: sql,
          query_params: { ...params },
          clickhouse_settings: { wait_end_of_query: 1 },
          ...(options?.signal === undefined ? {} : { abort_signal: options.signal }),
        }),
      );
    },
    close: () => client.close(),
  };
}

function clusterOf({ cluster, replicated = true, sharded = true }: ClickHouseOptions): Cluster | undefined {
  if (cluster === undefined) return undefined;
  if (!/^[\w-]{1,64}$/.test(cluster))
    throw new Fault('invalid', `'${cluster.slice(0, 64)}' is not the name of a ClickHouse cluster.`, {
      hint: 'Names are made of letters, digits, _ and -, as in remote_servers of the servers.',
    });
  return { name: cluster, replicated, sharded };
}

async function connect(options: ClickHouseOptions, cluster: Cluster | undefined): Promise<ClickHouseClient> {
  let library: typeof import('@clickhouse/client');
  try {
    library = await import('@clickhouse/client');
  } catch (cause) {
    throw new Fault('unavailable', 'The ClickHouse client is not installed.', {
      hint: 'Install with optional dependencies: npm install @clickhouse/client',
      cause,
    });
  }
  const { url, database = 'nines', username, password, requestTimeoutMs = 60_000 } = options;
  const create = (database: string) =>
    library.createClient({
      url,
      database,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      application: 'nines',
      request_timeout: requestTimeoutMs,
      log: { level: library.ClickHouseLogLevel.OFF },
    });
  let client: ClickHouseClient;
  try {
    client = create('default');
  } catch (cause) {
    throw new Fault('invalid', `The address of the ClickHouse server is not usable: ${messageOf(cause)}`, {
      hint: 'Write it as http://host:8123 or https://host:8443.',
      cause,
    });
  }
  try {
    await client.command({
      query: `CREATE DATABASE IF NOT EXISTS {name:Identifier}${layoutOf(cluster).on}`,
      query_params: { name: database },
    });
    return create(database);
  } catch (cause) {
    throw new Fault(
      'unavailable',
      `The ClickHouse server at ${new URL(url).origin} cannot be used: ${messageOf(cause)}`,
      {
        hint: 'Check the address, the password, and that the server runs.',
        cause,
      },
    );
  } finally {
    await client.close();
  }
}

function clickhouseFault(error: unknown): Fault {
  const { code } = error as { code?: string };
  if (code !== undefined && /^E[A-Z]+$/.test(code))
    return new Fault('unavailable', `The ClickHouse server cannot be reached (${code}).`, {
      retryAfterSeconds: 5,
      cause: error,
    });
  if (/timeout error/i.test(messageOf(error)))
    return storeFault(Object.assign(new Error(messageOf(error)), { name: 'TimeoutError' }), undefined);
  return storeFault(error, code === undefined ? undefined : Number(code));
}
