/** Pieces of SQL over otel_traces. Values come as parameters: `from`, `to` in epoch ms. */
export const within = `Timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND Timestamp < fromUnixTimestamp64Milli({to:Int64})`;
/** A child may begin after the window in which its parent began. */
const withinLater = `Timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND Timestamp < fromUnixTimestamp64Milli({to:Int64} + 60000)`;

const attribute = (...names: string[]) =>
  names.length === 1
    ? `SpanAttributes['${names[0]}']`
    : `coalesce(${names.map(name => `nullIf(SpanAttributes['${name}'], '')`).join(', ')}, '')`;

/** Semantic conventions of now, then those of before 1.24 (databases) and 1.21 (HTTP). */
const system = attribute('db.system.name', 'db.system');
const namespace = attribute('db.namespace', 'db.name');
const address = attribute('server.address', 'net.peer.name', 'peer.service');
const port = attribute('server.port', 'net.peer.port');
const addressOf = `concat(${address}, if(${port} = '', '', concat(':', ${port})))`;
const statementText = attribute('db.query.text', 'db.statement');
const databasePeer = `concat(${system}, '/', multiIf(${namespace} != '', ${namespace}, ${addressOf} != '', ${addressOf}, '?'))`;
const destination = attribute('messaging.destination.name', 'messaging.destination');
const calls = `SpanKind IN ('Client', 'Producer')`;

/**
 * What questions about traces ask of every span, worked out once, when a span is stored: reading and searching the maps of
 * attributes each time takes many times as long. `SELECT *` does not show them, nor does who writes the table have to
 * know of them. In rows from before there were these columns the engine works them out when they are asked for: from maps of
 * attributes alone, as a column that a statement also filters by may be gone by then (ClickHouse 26.7 took it as empty).
 */
export const spanColumns: readonly { name: string; type: string; from: string }[] = [
  {
    name: 'nines_version',
    type: 'LowCardinality(String)',
    from: `ResourceAttributes['service.version']`,
  },
  {
    name: 'nines_statement',
    type: 'LowCardinality(String)',
    from: `if(${statementText} = '', '', normalizeQuery(substringUTF8(${statementText}, 1, 4000)))`,
  },
  {
    name: 'nines_peer',
    type: 'LowCardinality(String)',
    from: `multiIf(${system} != '', ${databasePeer}, ${destination} != '', ${destination}, ${addressOf})`,
  },
  {
    name: 'nines_peer_kind',
    type: 'LowCardinality(String)',
    from: `multiIf(${system} != '', 'database', ${destination} != '', 'queue', 'service')`,
  },
];

/** Literals are `?`, so that a statement is one whatever its values. */
export const statement = 'nines_statement';
export const version = 'nines_version';
/** What a span calls, before its children tell: a database, a queue, or an address. Empty for one that calls nothing. */
export const ownPeer = `if(${calls}, nines_peer, '')`;
export const peerKind = `multiIf(NOT ${calls}, '', SpanKind = 'Producer' AND nines_peer_kind = 'service', 'queue', nines_peer_kind)`;
/** Calls that a span of somebody else may answer. */
export const mayBeAnswered = `(${calls} AND nines_peer_kind != 'database')`;
/** The queue that a message was taken from. */
export const queueOfConsumer = `if(SpanKind = 'Consumer' AND nines_peer_kind = 'queue', nines_peer, '')`;

export const kindOf = (kind = 'SpanKind') => `if(${kind} = 'Unspecified', 'internal', lower(${kind}))`;
/** Nines's own spans are told where they are asked for. */
export const notOwn = `ServiceName != 'nines'`;

const toMs = (array: string) => `arrayMap(ns -> ns / 1e6, ${array}) AS quantiles`;
export const quantiles = (duration: string) => toMs(`quantilesTDigest(0.5, 0.95, 0.99)(${duration})`);
export const quantilesState = (duration: string) => `quantilesTDigestState(0.5, 0.95, 0.99)(${duration})`;
export const quantilesMerged = (state: string) => toMs(`quantilesTDigestMerge(0.5, 0.95, 0.99)(${state})`);

/** One number for a span, and for the parent that a span names: joined in a fraction of the time of two texts. */
export const spanKey = 'cityHash64(TraceId, SpanId)';
export const parentKey = 'cityHash64(TraceId, ParentSpanId)';

/** One in `every` traces, chosen by their ids. */
export const oneInEvery = 'cityHash64(TraceId) % {every:UInt64} = 0';

/** For each span that has children: the time they took, and the service that answered. */
export const children = (which = '1') => `
  SELECT ${parentKey} AS parent, sum(Duration) AS took, anyIf(ServiceName, SpanKind IN ('Server', 'Consumer')) AS answered
  FROM otel_traces WHERE ${withinLater} AND ParentSpanId != '' AND ${which}
  GROUP BY parent`;

/** For each call that was answered: by which service; a message may have been by several. */
export const answers = `
  SELECT DISTINCT ${parentKey} AS parent, ServiceName AS answered
  FROM otel_traces WHERE ${withinLater} AND ParentSpanId != '' AND SpanKind IN ('Server', 'Consumer')`;
