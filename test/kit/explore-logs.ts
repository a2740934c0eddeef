// Log lines that the explore pages are shown in tests: a pool runs dry among quiet requests.
import { Fault, instant } from '../../src/kernel/index.ts';
import { parseLogQuery } from '../../src/telemetry/log-query/parser.ts';
import type { Answers } from './console-scene.ts';
import { SLOW_TRACE } from './explore-traces.ts';

export function logAnswers(at: string): Answers {
  const end = Date.parse(at);
  const lines = Array.from({ length: 60 }, (_, i) => lineOf(end, i));
  const found = (query: unknown, service: unknown) => {
    if (query !== undefined) parseLogQuery(String(query));
    const word = /pool exhausted|<img/.exec(String(query ?? ''))?.[0];
    return lines.filter(
      line =>
        (service === undefined || line.service === service) &&
        (word === undefined || line.body.includes(word)) &&
        !String(query ?? '').includes('-http.route:"/healthz"'),
    );
  };
  return {
    'logs.search': ({ query, service, traceId, limit }) => ({
      logs: found(query, service)
        .filter(line => traceId === undefined || line.traceId === traceId)
        .slice(0, Number(limit ?? 100)),
    }),
    'logs.histogram': ({ query, service }) => {
      const all = found(query, service);
      const stepMs = 15_000;
      const buckets = Map.groupBy(all, line => Math.floor(Date.parse(line.at) / stepMs) * stepMs);
      return {
        stepMs,
        buckets: [...buckets]
          .toSorted(([a], [b]) => a - b)
          .map(([begin, inside]) => ({
            at: instant(begin),
            count: inside.length,
            byLevel: Object.fromEntries(
              [...Map.groupBy(inside, line => line.level)].map(([level, some]) => [
                level === '' ? 'unknown' : level,
                some.length,
              ]),
            ),
          })),
      };
    },
    'logs.context': ({ id, before, after }) => {
      const place = lines.findIndex(line => line.id === id);
      const line = lines[place];
      if (line === undefined) throw new Fault('not_found', 'There is no such line.');
      return {
        before: lines.slice(place + 1, place + 1 + Number(before ?? 10)).toReversed(),
        line,
        after: lines.slice(Math.max(0, place - Number(after ?? 10)), place).toReversed(),
      };
    },
    'logs.surge': {
      from: instant(end - 900_000),
      to: instant(end),
      comparedFrom: instant(end - 4_500_000),
      patterns: [
        {
          pattern: 'pool exhausted: <*> of <*> connections in use',
          service: 'payments',
          level: 'error',
          state: 'new',
          before: 0,
          after: 412,
          ratioLow: 110,
          pValue: 1e-12,
          firstSeen: instant(end - 90_000),
          lastSeen: instant(end),
          example: 'pool exhausted: 10 of 10 connections in use',
          exampleTraceId: SLOW_TRACE,
        },
        {
          pattern: 'GET /healthz <*>',
          service: 'gateway',
          level: 'info',
          state: 'gone',
          before: 240,
          after: 0,
          ratio: 0,
          ratioLow: 0,
          ratioHigh: 0.1,
          pValue: 1e-9,
          firstSeen: instant(end - 4_000_000),
          lastSeen: instant(end - 900_000),
          example: 'GET /healthz 200',
        },
      ],
      looked: 31,
      unsure: 2,
      notes: [],
    },
    'logs.patterns': {
      patterns: [
        {
          pattern: 'pool exhausted: <*> of <*> connections in use',
          service: 'payments',
          level: 'error',
          count: 412,
          firstSeen: instant(end - 90_000),
          lastSeen: instant(end),
          example: 'pool exhausted: 10 of 10 connections in use',
        },
      ],
    },
  };
}

function lineOf(end: number, i: number) {
  const failing = i % 5 === 2;
  return {
    id: `place-${i}`,
    at: instant(end - 2_000 - i * 7_400),
    service: failing ? 'payments' : 'gateway',
    instance: failing ? 'payments-1' : 'gateway-1',
    level: failing ? 'error' : i % 11 === 3 ? 'warn' : i % 13 === 5 ? '' : 'info',
    body: failing
      ? `pool exhausted: 10 of 10 connections in use, request ${i} waited 2,000 ms and was given up; the pool is as large as its configuration says and has not grown since the start of the process`
      : i % 11 === 3
        ? '<img src=x onerror="window.hacked=true"> is a strange name for a product'
        : 'GET /healthz 200',
    attributes: failing
      ? { 'db.system.name': 'postgresql', 'exception.message': 'timeout exceeded when trying to connect' }
      : { 'http.route': '/healthz', 'http.response.status_code': '200' },
    ...(failing ? { traceId: SLOW_TRACE, spanId: '00f067aa0ba902b7' } : {}),
  };
}
