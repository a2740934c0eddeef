import { epochMs, Fault } from '../../kernel/index.ts';
import type { AskOptions, Window } from '../metrics.ts';
import type { Store } from '../store.ts';
import type { SpanKind } from '../trace.ts';
import { kindOf, notOwn, ownPeer, parentKey, spanKey, statement, within } from '../trace-sql.ts';
import { traceTree } from '../trace-tree.ts';
import type { Population, RequestSpan, SampledRequest } from './analysis.ts';

export interface SampleFilter extends AskOptions {
  service?: string;
  operation?: string;
  /** A share as `5%` (of each operation's requests), or what is longer than so many ms. Default 5 %. */
  slow?: { share: number } | { longerThanMs: number };
  /** Also requests of Nines itself, where no service is named. */
  own?: boolean;
}

/** Requests of each half, and failed ones, of which the traces are read. */
const mostOfHalf = 400;
const mostFailed = 200;
/** Spans that are read in all, and of one trace. */
const mostSpans = 60_000;
const mostSpansOfTrace = 2_000;
/** Of resources, what tells one instance or release from another. */
const resourceKeys = [
  'service.version',
  'service.instance.id',
  'deployment.environment.name',
  'host.name',
  'k8s.pod.name',
  'k8s.node.name',
  'k8s.cluster.name',
  'container.id',
  'cloud.availability_zone',
  'cloud.region',
  'telemetry.sdk.version',
  'process.runtime.version',
];

interface EntryRow {
  trace: string;
  span: string;
  slow: 0 | 1;
  failed: 0 | 1;
  pick: number;
}

/**
 * Requests of a window, chosen by their ids' hashes (as good as by chance, and the same each time), with the spans of
 * their traces: slow ones and others in equal numbers, and failed ones. Bounded; the population tells of how many.
 */
export async function sampleRequests(
  store: Store,
  window: Window,
  filter: SampleFilter = {},
): Promise<{ sample: SampledRequest[]; population: Population }> {
  const slow = filter.slow ?? { share: 0.05 };
  const params = {
    from: epochMs(window.from),
    to: epochMs(window.to),
    ...(filter.service === undefined ? {} : { service: filter.service }),
    ...(filter.operation === undefined ? {} : { operation: filter.operation }),
    ...('share' in slow ? { quantile: 1 - slow.share } : { longer: Math.round(slow.longerThanMs * 1e6) }),
  };
  const countsOf = (entries: string) =>
    store.query<{ slow: 0 | 1; failed: 0 | 1; count: number }>(
      `SELECT slow, failed, count() AS count FROM (${entries}) GROUP BY slow, failed`,
      params,
      filter,
    );
  let entries = entriesOf(filter, slow, false);
  let counts = await countsOf(entries);
  const rootsAreLost = counts.length === 0 && filter.service === undefined && filter.operation === undefined;
  if (rootsAreLost) {
    entries = entriesOf(filter, slow, true);
    counts = await countsOf(entries);
  }
  const count = (agrees: (row: (typeof counts)[number]) => boolean) =>
    counts.filter(agrees).reduce((sum, row) => sum + row.count, 0);
  const population: Population = {
    ...window,
    requests: count(() => true),
    slow: count(row => row.slow === 1),
    failed: count(row => row.failed === 1),
    slowMeans:
      'share' in slow
        ? `the slowest ${Number((slow.share * 100).toPrecision(3))} % of each operation`
        : `longer than ${slow.longerThanMs} ms`,
    cut: 0,
    unread: 0,
    rootsAreLost,
  };
  if (population.requests === 0) return { sample: [], population };
  // By hash, four times as many as are wanted come back at most on average; which of them, the hash says too.
  const one = (of: number, most: number) => Math.max(1, Math.floor(of / (4 * most)));
  const chosen = await store.query<EntryRow>(
    `SELECT trace, span, slow, failed, pick FROM (${entries})
     WHERE (slow = 1 AND pick % {slow:UInt64} = 0) OR (slow = 0 AND pick % {rest:UInt64} = 0)
       OR (failed = 1 AND pick % {failed:UInt64} = 0)
     ORDER BY pick, trace, span LIMIT 10000`,
    {
      ...params,
      slow: one(population.slow, mostOfHalf),
      rest: one(population.requests - population.slow, mostOfHalf),
      failed: one(population.failed, mostFailed),
    },
    filter,
  );
  const picked = new Map<EntryRow, { timed: boolean; failed: boolean }>();
  const take = (rows: readonly EntryRow[], most: number, why: 'timed' | 'failed') => {
    for (const row of rows.slice(0, most)) {
      const reasons = picked.get(row) ?? { timed: false, failed: false };
      reasons[why] = true;
      picked.set(row, reasons);
    }
  };
  take(
    chosen.filter(row => row.slow === 1),
    mostOfHalf,
    'timed',
  );
  take(
    chosen.filter(row => row.slow === 0),
    mostOfHalf,
    'timed',
  );
  take(
    chosen.filter(row => row.failed === 1),
    mostFailed,
    'failed',
  );
  const { traces, cut } = await readTraces(
    store,
    window,
    [...new Set([...picked.keys()].map(row => row.trace))],
    filter,
  );
  const trees = new Map([...traces].map(([id, spans]) => [id, traceTree(spans)]));
  const sample: SampledRequest[] = [];
  for (const [row, reasons] of picked) {
    const tree = trees.get(row.trace);
    const root = tree?.spans.find(span => span.spanId === row.span);
    if (tree === undefined || root === undefined) population.unread += 1;
    else sample.push({ traceId: row.trace, tree, root, slow: row.slow === 1, ...reasons });
  }
  population.cut = cut;
  return { sample, population };
}

/**
 * The requests: entries of the service, spans of the operation, or what nobody called (where those spans are lost, as
 * behind a proxy that sends none, what nobody who is seen called); each with whether it is slow.
 */
function entriesOf(
  filter: SampleFilter,
  slow: NonNullable<SampleFilter['slow']>,
  rootsAreLost: boolean,
): string {
  const which = [
    within,
    filter.service === undefined ? '' : 'ServiceName = {service:String}',
    filter.operation === undefined ? '' : 'SpanName = {operation:String}',
    filter.operation !== undefined
      ? ''
      : filter.service === undefined
        ? rootsAreLost
          ? `SpanKind IN ('Server', 'Consumer') AND ${parentKey} NOT IN (
               SELECT ${spanKey} FROM otel_traces
               WHERE Timestamp >= fromUnixTimestamp64Milli({from:Int64} - 600000)
                 AND Timestamp < fromUnixTimestamp64Milli({to:Int64} + 60000))`
          : `ParentSpanId = ''`
        : `(SpanKind IN ('Server', 'Consumer') OR ParentSpanId = '')`,
    filter.service === undefined && !filter.own ? notOwn : '',
  ]
    .filter(part => part !== '')
    .join(' AND ');
  const columns = `TraceId AS trace, SpanId AS span, StatusCode = 'Error' AS failed, cityHash64(TraceId, SpanId) AS pick`;
  if ('longerThanMs' in slow)
    return `SELECT ${columns}, Duration > {longer:UInt64} AS slow FROM otel_traces WHERE ${which}`;
  // Slow for its operation: otherwise a page that is always slow would explain why requests are slow.
  return `SELECT trace, span, failed, pick, duration > threshold AS slow FROM (
      SELECT ${columns}, ServiceName AS service, SpanName AS operation, Duration AS duration FROM otel_traces WHERE ${which}
    ) AS e INNER JOIN (
      SELECT ServiceName AS service, SpanName AS operation,
        -- Of twenty alike none is slow, of twenty that differ one. Where more than the share are alike and the slowest, as
        -- at a timeout, those are slow.
        arraySort(groupArray(Duration)) AS sorted,
        sorted[toUInt64(greatest(1, ceil(count() * {quantile:Float64} - 1e-9)))] AS boundary,
        if(boundary = sorted[-1] AND sorted[-2] = boundary AND boundary > sorted[toUInt64(ceil(count() / 2))],
          arrayLast(one -> one < boundary, sorted), boundary) AS threshold
      FROM otel_traces WHERE ${which} GROUP BY service, operation
    ) AS q ON q.service = e.service AND q.operation = e.operation`;
}

interface SpanRow {
  trace: string;
  spanId: string;
  parent: string;
  service: string;
  operation: string;
  kind: string;
  status: string;
  message: string;
  from: string;
  duration: number;
  statement: string;
  peer: string;
  errorType: string;
  attributes: Record<string, string>;
  resource: [string, string][];
}

async function readTraces(
  store: Store,
  window: Window,
  ids: readonly string[],
  options: AskOptions,
): Promise<{ traces: Map<string, RequestSpan[]>; cut: number }> {
  if (ids.length === 0) return { traces: new Map(), cut: 0 };
  const rows = await store.query<SpanRow>(
    `SELECT TraceId AS trace, SpanId AS spanId, ParentSpanId AS parent, ServiceName AS service, SpanName AS operation,
       ${kindOf()} AS kind, lower(StatusCode) AS status, substringUTF8(StatusMessage, 1, 500) AS message,
       toString(toUnixTimestamp64Nano(Timestamp)) AS from, Duration AS duration,
       substringUTF8(${statement}, 1, 1000) AS statement, ${ownPeer} AS peer,
       Events.Attributes[indexOf(Events.Name, 'exception')]['exception.type'] AS errorType,
       mapFilter((key, value) -> lengthUTF8(value) <= 120, SpanAttributes) AS attributes,
       arrayFilter(pair -> pair.2 != '', arrayMap(key -> (key, ResourceAttributes[key]), {resource:Array(String)})) AS resource
     FROM otel_traces
     PREWHERE TraceId IN {ids:Array(String)}
     WHERE Timestamp >= fromUnixTimestamp64Milli({from:Int64} - 60000)
       AND Timestamp < fromUnixTimestamp64Milli({to:Int64} + 600000)
     ORDER BY cityHash64(TraceId), TraceId, Timestamp LIMIT {ofTrace:UInt32} BY TraceId LIMIT {all:UInt32}`,
    {
      from: epochMs(window.from),
      to: epochMs(window.to),
      ids,
      resource: resourceKeys,
      ofTrace: mostSpansOfTrace,
      all: mostSpans,
    },
    options,
  );
  const traces = new Map<string, RequestSpan[]>();
  let cut = 0;
  for (const [id, own] of Map.groupBy(rows, row => row.trace)) {
    const start = BigInt(own[0]!.from);
    if (own.length === mostSpansOfTrace) cut += 1;
    traces.set(
      id,
      own.map(row => spanOf(row, start)),
    );
  }
  // The last one may have been read in part.
  if (rows.length === mostSpans) traces.delete(rows.at(-1)!.trace);
  if (traces.size === 0)
    throw new Fault('too_large', 'A single trace of the sample has more spans than are read.', {
      hint: 'Narrow it to a service and an operation.',
    });
  return { traces, cut };
}

function spanOf(row: SpanRow, start: bigint): RequestSpan {
  return {
    spanId: row.spanId,
    ...(row.parent === '' ? {} : { parentSpanId: row.parent }),
    service: row.service,
    operation: row.operation,
    kind: row.kind as SpanKind,
    offsetMs: Number(BigInt(row.from) - start) / 1e6,
    durationMs: row.duration / 1e6,
    status: row.status as RequestSpan['status'],
    ...(row.message === '' ? {} : { statusMessage: row.message }),
    ...(row.statement === '' ? {} : { statement: row.statement }),
    ...(row.peer === '' ? {} : { peer: row.peer }),
    ...(row.errorType === '' ? {} : { errorType: row.errorType }),
    attributes: row.attributes,
    resource: Object.fromEntries(row.resource),
  };
}
