import type { Matchable } from './log-query/match.ts';
import { severityOfRecord } from './log-severity.ts';
import { valueText } from './otlp/attribute.ts';
import { identityOf, type ServiceIdentity } from './otlp/envelope.ts';
import type { ExportLogs, KeyValue } from './otlp/message.ts';
import { type TimeBounds, timeProblem } from './time-bounds.ts';

/** A record as a query looks at it, with its sender and time. */
export interface LogArrival {
  record: Matchable;
  identity: ServiceIdentity;
  nanos: bigint;
}

/** The records of a request that were stored, one after the other. */
export function* logArrivals(request: ExportLogs, bounds: TimeBounds, nowMs: number): Generator<LogArrival> {
  for (const { resource, scopeLogs } of request.resourceLogs) {
    const identity = identityOf(resource?.attributes ?? []);
    const ofResource = textsOf(resource?.attributes ?? []);
    for (const { scope, logRecords } of scopeLogs)
      for (const record of logRecords) {
        const nanos = record.timeUnixNano || record.observedTimeUnixNano || BigInt(nowMs) * 1_000_000n;
        if (timeProblem(Number(nanos / 1_000_000n), bounds) !== undefined) continue;
        const attributes = textsOf(record.attributes);
        if (record.eventName !== '') attributes['event.name'] = record.eventName;
        yield {
          nanos,
          identity,
          record: {
            body: valueText(record.body),
            service: identity.name,
            scope: scope?.name ?? '',
            severity: severityOfRecord(record),
            traceId: record.traceId,
            spanId: record.spanId,
            attributes,
            resource: ofResource,
          },
        };
      }
  }
}

function textsOf(attributes: readonly KeyValue[]): Record<string, string> {
  const texts: Record<string, string> = Object.create(null);
  for (const { key, value } of attributes) texts[key] = valueText(value);
  return texts;
}
