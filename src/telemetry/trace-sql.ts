/** Pieces of SQL over otel_traces. Values come as parameters: `from`, `to` in epoch ms. */
export const within = `Timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND Timestamp < fromUnixTimestamp64Milli({to:Int64})`;
/** A child may begin after the window in which its parent began. */
const withinLater = `Timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND Timestamp < fromUnixTimestamp64Milli({to:Int64} + 60000)`;

const attribute = (...names: string[]) =>
  names.length === 1
    ? `SpanAttributes['${names[0]}']`
    : `coalesce(${names.map(name => `nullIf(SpanAttributes['${name}'], '')`).join(', ')}, '')`;

/** Semantic conventions of now, then those of before 1.24 (databases) and 1.21 (HTTP). */
export const system = attribute('db.system.name', 'db.system');
const namespace = attribute('db.namespace', 'db.name');
const address = attribute('server.address', 'net.peer.name', 'peer.service');
const port = attribute('server.port', 'net.peer.port');
export const addressOf = `concat(${address}, if(${port} = '', '', concat(':', ${port})))`;
/** Literals become `?`, so that a statement is one whatever its values. */
export const statement = `normalizeQuery(substringUTF8(${attribute('db.query.text', 'db.statement')}, 1, 4000))`;
const databasePeer = `concat(${system}, '/', multiIf(${namespace} != '', ${namespace}, ${addressOf} != '', ${addressOf}, '?'))`;
const messaging = attribute('messaging.destination.name', 'messaging.destination');

export const kindOf = `if(SpanKind = 'Unspecified', 'internal', lower(SpanKind))`;

/** What a span calls, before its children tell: a database, a queue, or an address. Empty for one that calls nothing. */
export const ownPeer = `multiIf(
  SpanKind NOT IN ('Client', 'Producer'), '',
  ${system} != '', ${databasePeer},
  ${messaging} != '', ${messaging},
  ${addressOf})`;
export const peerKind = `multiIf(${system} != '', 'database', SpanKind = 'Producer' OR ${messaging} != '', 'queue', 'service')`;

export const quantiles = (duration: string) =>
  `arrayMap(ns -> ns / 1e6, quantilesTDigest(0.5, 0.95, 0.99)(${duration})) AS quantiles`;

/** For each span that has children: the time they took, and the service that answered. */
export const children = `
  SELECT TraceId, ParentSpanId AS SpanId, sum(Duration) AS ChildDuration,
    anyIf(ServiceName, SpanKind IN ('Server', 'Consumer')) AS Answered
  FROM otel_traces WHERE ${withinLater} AND ParentSpanId != ''
  GROUP BY TraceId, SpanId`;
