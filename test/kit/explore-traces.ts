// Traces that the explore pages are shown in tests: checkouts, of which the slow ones wait for one statement.
import { instant } from '../../src/kernel/index.ts';
import type { Answers } from './console-scene.ts';

export const SLOW_TRACE = '16397203dc5922bace1097f05b773ed3';

export function traceAnswers(at: string): Answers {
  const end = Date.parse(at);
  const all = Array.from({ length: 40 }, (_, i) => ({
    traceId: i === 3 ? SLOW_TRACE : (0x5b8efff798038103d269b633813fc600n + BigInt(i)).toString(16),
    rootService: 'gateway',
    rootOperation: i % 4 === 0 ? 'GET /products' : 'POST /checkout',
    at: instant(end - 5_000 - i * 18_000),
    durationMs: i % 7 === 3 ? 2400 + 31 * i : 40 + 7 * ((i * 13) % 11),
    spans: 9,
    errors: i % 7 === 3 ? 2 : 0,
  }));
  const statement =
    'SELECT coalesce(sum(amount_cents), ?) FROM orders WHERE lower(customer_email) = lower($1)';
  return {
    'telemetry.services': {
      services: ['gateway', 'payments', 'auth'].map(service => ({
        service,
        versions: [
          { version: 'v1.2.3', firstSeen: instant(end - 900_000), lastSeen: instant(end), count: 120 },
        ],
      })),
    },
    'traces.search': input => {
      const least = Number(input.minDurationMs ?? 0);
      const found = all.filter(
        ({ durationMs, errors, rootService }) =>
          durationMs >= least &&
          (input.errorsOnly !== true || errors > 0) &&
          (input.service === undefined || input.service === rootService),
      );
      return {
        traces: input.order === 'slowest' ? found.toSorted((a, b) => b.durationMs - a.durationMs) : found,
      };
    },
    'traces.bottleneck': {
      from: instant(end - 900_000),
      to: instant(end),
      sentence: `gateway POST /checkout: 87 % of the added time of slow requests is payments waiting for ${statement}.`,
      verdict: 'clear',
      traces: 1204,
      lookedAt: 160,
      spans: 1440,
      slowMeans: 'the slowest 5 % of each operation',
      slow: { requests: 60, lookedAt: 60, meanMs: 2610 },
      rest: { requests: 1144, lookedAt: 100, meanMs: 71 },
      criticalPath: [
        {
          service: 'payments',
          operation: 'pg.query:SELECT shop',
          kind: 'client',
          statement,
          peer: 'postgresql/shop',
          selfMs: 290,
          share: 0.72,
          slowSelfMs: 2230,
          restSelfMs: 12,
          addedMs: 2218,
          addedShare: 0.874,
          callsPerRequest: 1,
          exampleTraceId: SLOW_TRACE,
        },
        {
          service: 'gateway',
          operation: 'POST /checkout',
          kind: 'server',
          selfMs: 14,
          share: 0.06,
          slowSelfMs: 31,
          restSelfMs: 13,
          addedMs: 18,
          addedShare: 0.007,
          callsPerRequest: 1,
          exampleTraceId: SLOW_TRACE,
        },
      ],
      overRepresented: [
        {
          service: 'payments',
          key: 'service.version',
          value: 'v1.2.3',
          slow: 60,
          slowOf: 60,
          rest: 9,
          restOf: 100,
          p: 1e-9,
          same: ['deployment.environment=blue'],
        },
      ],
      attributesTested: 41,
      nPlusOne: [
        {
          service: 'gateway',
          operation: 'GET',
          kind: 'client',
          peer: 'auth',
          parentService: 'gateway',
          parentOperation: 'GET /products',
          requests: 31,
          calls: { least: 8, median: 12, most: 20 },
          totalMs: 48,
          share: 0.61,
          exampleTraceId: SLOW_TRACE,
        },
      ],
      failed: { requests: 44, lookedAt: 40 },
      errorOrigins: [
        {
          service: 'payments',
          operation: 'pg-pool.connect',
          error: 'timeout exceeded when trying to connect',
          requests: 40,
          reachRoot: 38,
          exampleTraceId: SLOW_TRACE,
        },
      ],
      notes: ['3 traces had spans missing and were left out.'],
    },
  };
}
