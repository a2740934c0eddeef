import { z } from 'zod';
import type { KnownServices } from '../catalog/index.ts';
import { DurationText, duration, Fault, milliseconds, operationsOf } from '../kernel/index.ts';
import { Bottleneck } from './bottleneck/bottleneck.ts';
import { bottleneckText } from './bottleneck/text.ts';
import { mapText, operationsText, timelineText, tracesText } from './render.ts';
import type { Telemetry } from './telemetry.ts';
import { Answered, Edge, OperationStats, Span, SpanKind, TimelineBucket, TraceSummary } from './trace.ts';
import { mostSpansOfTrace } from './trace-lookup.ts';
import { traceView } from './trace-view.ts';
import { waterfall } from './waterfall.ts';
import { windowInput, windowMs, windowOf } from './window.ts';

const operation = operationsOf<{ telemetry: Telemetry; services: KnownServices }>();
const ServiceName = z
  .string()
  .min(1)
  .max(255)
  .describe('The service as its telemetry names it (service.name)');

const Own = z.boolean().default(false).describe("Nines's own requests too, where no service is named");

const search = operation({
  name: 'traces.search',
  summary: 'Find traces by service, operation, duration or error.',
  effect: 'read',
  route: 'GET /traces',
  input: z.object({
    ...windowInput,
    service: ServiceName.optional(),
    operation: z.string().max(1000).optional().describe('Name of a span, as POST /checkout'),
    minDurationMs: z.number().min(0).optional().describe('Least duration of that span in ms'),
    errorsOnly: z.boolean().default(false).describe('Only traces with an error in that span'),
    order: z.enum(['newest', 'slowest']).default('newest').describe('Which come first'),
    limit: z.int().min(1).max(500).default(20).describe('At most so many'),
    own: Own,
  }),
  output: z.object({ traces: z.array(TraceSummary) }),
  run: async (
    { service, operation, minDurationMs, errorsOnly, order, limit, own, ...input },
    { telemetry, services, now, signal },
  ) => {
    const window = windowOf(input, now());
    const traces = await telemetry.traces.search(window, {
      ...(service === undefined ? {} : { service }),
      ...(operation === undefined ? {} : { operation }),
      ...(minDurationMs === undefined ? {} : { minDurationMs }),
      errorsOnly,
      order,
      limit,
      own,
      signal,
    });
    if (traces.length === 0) await services.expect(service, window);
    return { traces };
  },
  render: ({ traces }) => tracesText(traces),
  examples: [
    'nines traces search --service payments --errors-only',
    'nines traces search --order slowest --last 1h',
  ],
});

const operations = operation({
  name: 'traces.operations',
  summary: 'Show what takes time: operations with count, errors and latency.',
  effect: 'read',
  route: 'GET /traces/operations',
  input: z.object({
    ...windowInput,
    service: ServiceName.optional(),
    kind: SpanKind.optional().describe('Only spans of this kind'),
    byVersion: z.boolean().default(false).describe('Releases apart'),
    limit: z
      .int()
      .min(1)
      .max(2000)
      .default(50)
      .describe('At most so many, those with the most time in total first'),
    own: Own,
  }),
  output: z.object({ operations: z.array(OperationStats) }),
  run: async ({ service, kind, byVersion, limit, own, ...input }, { telemetry, services, now, signal }) => {
    const window = windowOf(input, now());
    const operations = await telemetry.traces.operations(window, {
      ...(service === undefined ? {} : { service }),
      ...(kind === undefined ? {} : { kind }),
      groupByVersion: byVersion,
      limit,
      own,
      signal,
    });
    if (operations.length === 0) await services.expect(service, window);
    return { operations };
  },
  render: ({ operations }) => operationsText(operations),
  examples: ['nines traces operations --service payments --last 10m'],
});

const map = operation({
  name: 'traces.map',
  summary: 'Show the service map: who calls whom, with rate, errors and duration.',
  effect: 'read',
  route: 'GET /traces/map',
  input: z.object({ ...windowInput, own: Own }),
  output: z.object({
    seconds: z.number().describe('Length of the window, for rates'),
    nodes: z.array(Answered.extend({ kind: z.enum(['service', 'database', 'queue', 'external']) })),
    edges: z.array(Edge),
  }),
  run: async ({ own, ...input }, { telemetry, now, signal }) => {
    const window = windowOf(input, now());
    const [answered, edges] = [
      await telemetry.traces.answered(window, { own, signal }),
      await telemetry.traces.edges(window, { own, signal }),
    ];
    const nodes = new Map(answered.map(one => [one.service, { ...one, kind: 'service' as NodeKind }]));
    // What sends no spans itself is known by those who call it.
    for (const edge of edges)
      if (!nodes.has(edge.to)) {
        const own = edges.filter(one => one.to === edge.to);
        const widest = own.reduce((a, b) => (b.count > a.count ? b : a));
        nodes.set(edge.to, {
          service: edge.to,
          kind: edge.kind === 'service' ? 'external' : edge.kind,
          count: own.reduce((sum, one) => sum + one.count, 0),
          errors: own.reduce((sum, one) => sum + one.errors, 0),
          p50Ms: widest.p50Ms,
          p95Ms: widest.p95Ms,
          p99Ms: Math.max(...own.map(one => one.p99Ms)),
        });
      }
    for (const { from, measuredAt } of edges)
      if (!nodes.has(from))
        nodes.set(from, {
          service: from,
          kind: measuredAt === 'consumer' ? 'queue' : 'service',
          count: 0,
          errors: 0,
          p50Ms: 0,
          p95Ms: 0,
          p99Ms: 0,
        });
    return { seconds: windowMs(window) / 1000, nodes: [...nodes.values()], edges };
  },
  render: mapText,
  examples: ['nines traces map --last 10m'],
});
type NodeKind = 'service' | 'database' | 'queue' | 'external';

const bottleneck = operation({
  name: 'traces.bottleneck',
  summary: 'Tell what makes requests slow, over many traces, and where they fail.',
  description:
    'Compares the critical paths of slow requests with those of the others: which work explains the added time, which attributes slow ' +
    'requests have more often, which calls are made again and again (N+1), and in which span errors began. Reads a bounded sample, and says of how many.',
  effect: 'read',
  route: 'GET /traces/bottleneck',
  args: ['service'],
  input: z.object({
    service: ServiceName.optional().describe('Its requests; absent: whole traces of all services'),
    operation: z.string().max(1000).optional().describe('Only spans of this name, as POST /checkout'),
    ...windowInput,
    slow: z
      .string()
      .max(40)
      .default('5%')
      .describe('What is slow: a share of each operation, as 5%, or longer than a duration, as 800ms'),
    own: Own,
  }),
  output: Bottleneck,
  run: async ({ service, operation, slow, own, ...input }, { telemetry, services, now, signal }) => {
    const window = windowOf(input, now());
    const found = await telemetry.traces.bottleneck(window, {
      ...(service === undefined ? {} : { service }),
      ...(operation === undefined ? {} : { operation }),
      slow: slowOf(slow),
      own,
      signal,
    });
    if (found.traces === 0) await services.expect(service, window);
    return found;
  },
  render: bottleneckText,
  examples: [
    'nines traces bottleneck payments --last 1h',
    'nines traces bottleneck gateway --operation "POST /checkout" --slow 800ms',
  ],
});

function slowOf(text: string): { share: number } | { longerThanMs: number } {
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim());
  if (percent === null) {
    const given = DurationText.safeParse(text.trim());
    if (given.success) return { longerThanMs: duration(given.data) };
  } else if (Number(percent[1]) >= 0.1 && Number(percent[1]) <= 50)
    return { share: Number(percent[1]) / 100 };
  throw new Fault('invalid', `'${text.slice(0, 40)}' does not say what is slow.`, {
    field: 'slow',
    hint: 'Give a share from 0.1% to 50%, as 5%, or a duration, as 800ms.',
  });
}

const timeline = operation({
  name: 'traces.timeline',
  summary: "Show a service's requests over time: count, errors, latency.",
  effect: 'read',
  route: 'GET /traces/timeline',
  args: ['service'],
  input: z.object({
    service: ServiceName,
    operation: z.string().max(1000).optional().describe('Only spans of this name'),
    ...windowInput,
    step: DurationText.optional().describe('Length of a bucket; about 60 buckets if absent'),
  }),
  output: z.object({ buckets: z.array(TimelineBucket) }),
  run: async ({ service, operation, step, ...input }, { telemetry, services, now, signal }) => {
    const window = windowOf(input, now());
    const buckets = await telemetry.traces.timeline(window, {
      service,
      ...(operation === undefined ? {} : { operation }),
      step:
        step === undefined
          ? milliseconds(Math.max(1000, Math.ceil(windowMs(window) / 60_000) * 1000))
          : duration(step),
      signal,
    });
    if (buckets.length === 0) await services.expect(service, window);
    return { buckets };
  },
  render: ({ buckets }) => timelineText(buckets),
  examples: ['nines traces timeline gateway --operation "POST /checkout" --last 30m'],
});

const show = operation({
  name: 'traces.show',
  summary: 'Show a trace as a waterfall: what it waited for, N+1 calls, where errors began.',
  effect: 'read',
  route: 'GET /traces/:traceId',
  args: ['traceId'],
  input: z.object({ traceId: z.string().min(1).max(64).describe('Id of the trace: 32 hex digits') }),
  output: z.object({
    traceId: z.string(),
    spans: z.array(Span),
    bottleneck: z
      .object({
        spanId: z.string(),
        service: z.string(),
        operation: z.string(),
        selfMs: z.number(),
        spans: z.number().int().describe('Spans of the same work on the critical path'),
      })
      .describe('The work that took most of the critical path by itself; of its spans the longest'),
    criticalPath: z
      .array(z.object({ spanId: z.string(), fromMs: z.number(), toMs: z.number() }))
      .describe("What the trace waited for, end to end, in ms after the trace's first span"),
    repeats: z
      .array(z.object({ parentSpanId: z.string(), spanIds: z.array(z.string()), totalMs: z.number() }))
      .describe('Calls made again and again, one after another (N+1)'),
    errorOrigins: z
      .array(z.object({ spanId: z.string(), reachesRoot: z.boolean() }))
      .describe('Spans in which errors began'),
    notes: z.array(z.string()).describe('What was not seen or not certain'),
  }),
  run: async ({ traceId }, { telemetry, signal }) => {
    const spans = await telemetry.traces.get(traceId, { signal });
    const view = traceView(spans);
    if (view === undefined)
      throw new Fault('not_found', `There is no trace ${traceId}.`, {
        hint: 'It may be older than the retention of traces, or not sent yet. Find others: nines traces search',
      });
    const { spanId, service, operation } = view.bottleneck.span;
    return {
      traceId: traceId.toLowerCase(),
      spans: [...view.tree.spans],
      bottleneck: {
        spanId,
        service,
        operation,
        selfMs: view.bottleneck.selfMs,
        spans: view.bottleneck.spans,
      },
      criticalPath: view.segments.map(({ span, from, to }) => ({
        spanId: span.spanId,
        fromMs: from,
        toMs: to,
      })),
      repeats: view.repeats.map(({ parent, calls, totalMs }) => ({
        parentSpanId: parent.spanId,
        spanIds: calls.map(call => call.spanId),
        totalMs,
      })),
      errorOrigins: view.origins.map(({ span, reachesRoot }) => ({ spanId: span.spanId, reachesRoot })),
      notes:
        spans.length < mostSpansOfTrace
          ? [...view.notes]
          : [`Only the first ${mostSpansOfTrace} spans are read; the trace has more.`, ...view.notes],
    };
  },
  render: ({ spans, notes }) => {
    const view = traceView(spans);
    return view === undefined ? 'No spans.' : waterfall({ ...view, notes });
  },
  examples: ['nines traces show 5b8efff798038103d269b633813fc60c'],
});

export const traceOperations = [search, operations, bottleneck, map, timeline, show] as const;
