/** A ClickHouse cluster, as its servers' configuration (`remote_servers`) names it. */
export interface Cluster {
  name: string;
  /** Tables are kept on every replica of a shard, through Keeper; needs the macros `{shard}` and `{replica}`. */
  replicated: boolean;
  /** Tables are spread over shards; what is asked and written goes through a Distributed table. */
  sharded: boolean;
}

/** Where and how tables are made. */
export interface Layout {
  /** ` ON CLUSTER …`, or nothing. */
  readonly on: string;
  /** The table that holds the rows; the plain name where there is no other. */
  local(table: string): string;
  engine(kind: 'MergeTree' | 'ReplacingMergeTree', version?: string): string;
  /** The statement that makes the table of the plain name over those that hold the rows; none where they are the same. */
  over(table: string): string[];
}

/**
 * What decides on which shard a row is. A series lies on one shard with all its samples, and a trace with all its spans,
 * so that what asks for one asks one; logs go wherever there is room.
 */
const shardingKeys: Readonly<Record<string, string>> = {
  otel_traces: 'cityHash64(TraceId)',
  otel_traces_trace_id_ts: 'cityHash64(TraceId)',
  otel_logs: 'rand()',
  nines_log_templates: 'id',
  nines_series: 'id',
  nines_samples: 'id',
  nines_histograms: 'id',
  nines_exemplars: 'id',
};

export function layoutOf(cluster: Cluster | undefined): Layout {
  const on = cluster === undefined ? '' : ` ON CLUSTER \`${cluster.name}\``;
  const sharded = cluster?.sharded === true;
  const local = (table: string) => (sharded ? `${table}_local` : table);
  return {
    on,
    local,
    engine: (kind, version) => {
      if (cluster?.replicated !== true) return version === undefined ? kind : `${kind}(${version})`;
      // Where a table lies in Keeper, by the servers' own macros: the default of ClickHouse's documentation, with names.
      const place = `'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'`;
      return `Replicated${kind}(${version === undefined ? place : `${place}, ${version}`})`;
    },
    over: table =>
      cluster === undefined || !sharded
        ? []
        : [
            `CREATE TABLE IF NOT EXISTS ${table}${on} AS ${local(table)}
ENGINE = Distributed('${cluster.name}', currentDatabase(), '${local(table)}', ${shardingKeys[table] ?? 'rand()'})`,
          ],
  };
}

/** Settings of queries over several shards: a table that is joined or looked up in is asked for once, everywhere. */
export const shardedQuerySettings: Readonly<Record<string, string>> = { distributed_product_mode: 'global' };
/** Settings of inserts over several shards: acknowledged means stored on the shards, not queued on the way to them. */
export const shardedInsertSettings: Readonly<Record<string, string>> = { distributed_foreground_insert: '1' };
