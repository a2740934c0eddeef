import type { SpanKind } from './trace.ts';
import {
  answers,
  children,
  kindOf,
  mayBeAnswered,
  notOwn,
  ownPeer,
  peerKind,
  quantilesMerged,
  quantilesState,
  spanKey,
  statement,
  version,
  within,
} from './trace-sql.ts';

/** Which spans; values come as parameters of the same names. */
export interface FigureFilter {
  service?: string;
  kind?: SpanKind;
  groupByVersion?: boolean;
  own?: boolean;
}

/**
 * The service that answers at an address: the one that answered most calls to it. A database or a queue is what it is
 * called.
 */
export const knownOf = `if(kind = 'service', argMaxIf(answered, count, answered != '') OVER (PARTITION BY own), '')`;
/** The service that answered; else the one known at the address; else the address, database or queue itself. */
export const peerOf = `multiIf(own = '', '', answered != '', answered, known != '', known, own)`;

/** A failing span before any other, of these the slowest: durations stay far below 2^62 ns. */
const worst = `Duration + if(StatusCode = 'Error', bitShiftLeft(1::UInt64, 62), 0)`;

/**
 * Count, errors, quantiles, total and an example by service, version, operation, kind, statement and peer.
 * @param joined whether calls are joined with the spans that answered them; else their addresses stand for those
 */
export function figures(filter: FigureFilter, joined: boolean): string {
  return byPeer(
    joined
      ? `${grouped(filter, `ANY LEFT JOIN (${answers}) AS c ON c.parent = ${spanKey}`, mayBeAnswered)}
         UNION ALL ${grouped(filter, '', `NOT ${mayBeAnswered}`)}`
      : grouped(filter, '', '1'),
  );
}

/** The same with the time that the spans spent by themselves. Reads each span twice and joins all of them. */
export function figuresWithSelf(filter: FigureFilter, which = '1'): string {
  return byPeer(
    grouped(filter, `ANY LEFT JOIN (${children(which)}) AS c ON c.parent = ${spanKey}`, which, true),
  );
}

function grouped(
  { service, kind, groupByVersion = false, own = false }: FigureFilter,
  join: string,
  which: string,
  self = false,
): string {
  return `
    SELECT ServiceName AS service, ${groupByVersion ? version : "''"} AS version, SpanName AS operation,
      SpanKind AS spanKind, ${statement} AS statement, ${ownPeer} AS own, ${peerKind} AS kind,
      ${join === '' ? "''" : 'answered'} AS answered, count() AS count, countIf(StatusCode = 'Error') AS errors,
      ${quantilesState('Duration')} AS durations, sum(Duration) / 1e6 AS total,
      ${self ? 'sum(greatest(0, toInt64(Duration) - toInt64(took))) / 1e6' : '0'} AS self,
      argMax(TraceId, ${worst}) AS example, max(${worst}) AS worst
    FROM otel_traces ${join}
    WHERE ${within} AND ${which}
      ${service === undefined ? (own ? '' : `AND ${notOwn}`) : 'AND ServiceName = {service:String}'}
      ${kind === undefined ? '' : `AND ${kindOf()} = {kind:String}`}
    GROUP BY service, version, operation, spanKind, statement, own, kind, answered`;
}

function byPeer(groups: string): string {
  return `
    SELECT service, version, operation, ${kindOf('spanKind')} AS kind, statement, peer, sum(g.count) AS count,
      sum(g.errors) AS errors, ${quantilesMerged('durations')}, sum(total) AS totalMs, sum(self) AS selfMs,
      argMax(g.example, worst) AS example
    FROM (SELECT *, ${peerOf} AS peer, ${knownOf} AS known FROM (${groups})) AS g
    GROUP BY service, version, operation, spanKind, statement, peer`;
}
