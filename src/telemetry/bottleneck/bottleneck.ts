import { z } from 'zod';
import { Instant } from '../../kernel/index.ts';
import { SpanKind } from '../trace.ts';

/** One kind of work: equal for all its spans. */
export const What = z.object({
  service: z.string(),
  operation: z.string(),
  kind: SpanKind,
  statement: z.string().optional().describe('A database statement with its literals replaced by ?'),
  peer: z.string().optional().describe('What is called, as the span says'),
});
export type What = z.infer<typeof What>;

const Half = z.object({
  requests: z.number().int().describe('In the window'),
  lookedAt: z.number().int(),
  meanMs: z.number().describe('Mean duration of those that were looked at'),
});

export const Bottleneck = z.object({
  from: Instant,
  to: Instant,
  sentence: z.string().describe('The answer'),
  verdict: z
    .enum(['clear', 'spread', 'too_few', 'no_difference', 'no_data'])
    .describe('clear: one kind of work explains half of the added time or more'),
  traces: z.number().int().describe('Requests in the window: spans of the service and operation asked for'),
  lookedAt: z.number().int().describe('Requests whose whole traces were read'),
  spans: z.number().int().describe('Spans of these'),
  slowMeans: z.string().describe('What counts as slow'),
  slow: Half,
  rest: Half,
  criticalPath: z
    .array(
      What.extend({
        selfMs: z.number().describe('Own time on the critical path, mean a request'),
        share: z.number().describe('Of the mean duration'),
        slowSelfMs: z.number().describe('Mean of slow requests'),
        restSelfMs: z.number().describe('Mean of the others'),
        addedMs: z.number(),
        addedShare: z.number().describe('Of the difference between slow requests and the others'),
        callsPerRequest: z.number(),
        exampleTraceId: z.string(),
      }),
    )
    .describe('What requests wait for, most added time first'),
  overRepresented: z
    .array(
      z.object({
        service: z.string(),
        key: z.string(),
        value: z.string(),
        slow: z.number().int(),
        slowOf: z.number().int(),
        rest: z.number().int(),
        restOf: z.number().int(),
        p: z.number().describe("Fisher's exact test, one-sided, before correction"),
        same: z.array(z.string()).describe('Attributes that exactly the same requests have'),
      }),
    )
    .describe('Attributes that slow requests have more often; false discoveries are held to 1 %'),
  attributesTested: z.number().int(),
  nPlusOne: z.array(
    What.extend({
      parentService: z.string(),
      parentOperation: z.string(),
      requests: z.number().int().describe('Looked-at requests that have it'),
      calls: z
        .object({ least: z.number(), median: z.number(), most: z.number() })
        .describe('Under one parent'),
      totalMs: z.number().describe('Mean time of these calls in a request that has them'),
      share: z.number().describe('Of the duration of these requests'),
      exampleTraceId: z.string(),
    }),
  ),
  failed: z.object({ requests: z.number().int(), lookedAt: z.number().int() }),
  errorOrigins: z
    .array(
      z.object({
        service: z.string(),
        operation: z.string(),
        error: z.string().describe('Type or message, values masked'),
        requests: z.number().int().describe('Looked-at failed requests that have it'),
        reachRoot: z.number().int().describe('Of these, where every caller failed with it'),
        message: z.string().optional(),
        exampleTraceId: z.string(),
      }),
    )
    .describe('Where failed requests began to fail'),
  notes: z.array(z.string()).describe('What was not seen or not certain'),
});
export type Bottleneck = z.infer<typeof Bottleneck>;
