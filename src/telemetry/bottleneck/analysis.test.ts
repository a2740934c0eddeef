import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instant } from '../../kernel/index.ts';
import { traceTree } from '../trace-tree.ts';
import { bottleneck, type Population, type RequestSpan, type SampledRequest } from './analysis.ts';
import { bottleneckText } from './text.ts';

const t0 = Date.parse('2026-01-27T03:00:00.000Z');
const statement = 'SELECT * FROM orders WHERE id = ? FOR UPDATE';

function span(
  spanId: string,
  parent: string,
  at: [number, number],
  more: Partial<RequestSpan> = {},
): RequestSpan {
  return {
    spanId,
    ...(parent === '' ? {} : { parentSpanId: parent }),
    service: 'payments',
    operation: spanId,
    kind: 'internal',
    offsetMs: at[0],
    durationMs: at[1] - at[0],
    status: 'unset',
    attributes: {},
    resource: {},
    ...more,
  };
}

function request(id: number, spans: RequestSpan[], slow: boolean): SampledRequest {
  const tree = traceTree(spans);
  const root = tree.roots[0]!;
  const failed = root.status === 'error';
  return { traceId: String(id).padStart(32, '0'), tree, root, slow, timed: true, failed };
}

/** A checkout: gateway calls payments, which asks its database. */
function checkout(
  id: number,
  lockMs: number,
  slow: boolean,
  resource: Record<string, string> = {},
): SampledRequest {
  return request(
    id,
    [
      span('POST /checkout', '', [0, 50 + lockMs], { kind: 'server', service: 'gateway' }),
      span('POST', 'POST /checkout', [5, 45 + lockMs], { kind: 'client', service: 'gateway' }),
      span('POST /orders', 'POST', [10, 40 + lockMs], { kind: 'server', resource }),
      span('pg.query', 'POST /orders', [15, 35 + lockMs], { kind: 'client', statement }),
    ],
    slow,
  );
}

function populationOf(sample: readonly SampledRequest[], more: Partial<Population> = {}): Population {
  return {
    from: instant(t0),
    to: instant(t0 + 900_000),
    requests: sample.length,
    slow: sample.filter(({ slow }) => slow).length,
    failed: sample.filter(({ failed }) => failed).length,
    slowMeans: 'the slowest 5 % of each operation',
    cut: 0,
    unread: 0,
    rootsAreLost: false,
    ...more,
  };
}

const locked = [
  ...Array.from({ length: 40 }, (_, id) =>
    checkout(id, 200, true, { 'service.version': 'v2', 'host.name': 'node-b' }),
  ),
  ...Array.from({ length: 60 }, (_, id) =>
    checkout(100 + id, 0, false, {
      'service.version': id < 6 ? 'v2' : 'v1',
      'host.name': id < 6 ? 'node-b' : 'node-a',
    }),
  ),
];

test('the answer names the work that explains the added time, and what slow requests have in common', () => {
  const found = bottleneck(locked, populationOf(locked, { requests: 8_242, slow: 412 }));
  assert.equal(found.verdict, 'clear');
  assert.equal(
    found.sentence,
    `Of 40 slow requests looked at, of 412, 100 % of the added time is in payments: ${statement} (200 ms of 200 ms a request).`,
  );
  const [first] = found.criticalPath;
  assert.deepEqual(
    [first!.service, first!.statement, first!.slowSelfMs, first!.restSelfMs, first!.addedShare],
    ['payments', statement, 220, 20, 1],
  );
  // Each half counts as much as it has requests: 412 of 8,242 took 220 ms.
  assert.ok(Math.abs(first!.selfMs - (412 * 220 + 7_830 * 20) / 8_242) < 1e-9);
  assert.deepEqual(
    found.overRepresented.map(({ service, key, value, slow, slowOf, rest, restOf, same }) => ({
      what: `${service} ${key}=${value}`,
      counts: [slow, slowOf, rest, restOf],
      same,
    })),
    [
      {
        what: 'payments service.version=v2',
        counts: [40, 40, 6, 60],
        same: ['payments host.name=node-b'],
      },
    ],
  );
  assert.ok(found.overRepresented[0]!.p < 1e-15);
});

test('added time that no single work explains is called spread', () => {
  const sample = Array.from({ length: 40 }, (_, id) => {
    const more = id < 20 ? 30 : 0;
    return request(
      id,
      [
        span('root', '', [0, 3 * (10 + more)], { kind: 'server' }),
        ...['a', 'b', 'c'].map((name, index) =>
          span(name, 'root', [index * (10 + more), (index + 1) * (10 + more)], { kind: 'client' }),
        ),
      ],
      id < 20,
    );
  });
  const found = bottleneck(sample, populationOf(sample));
  assert.equal(found.verdict, 'spread');
  assert.match(found.sentence, /^The added time of 20 slow requests is spread: 33 % in payments \w, 33 % in/);
});

test('few slow requests are not explained, none at all is said as such, and no request is no data', () => {
  const few = [...locked.filter(({ slow }) => slow).slice(0, 3), ...locked.filter(({ slow }) => !slow)];
  assert.equal(bottleneck(few, populationOf(few)).verdict, 'too_few');
  assert.match(
    bottleneck(few, populationOf(few)).sentence,
    /^3 of 63 requests are slow .*too few of them to compare/,
  );
  const none = locked.filter(({ slow }) => !slow);
  assert.equal(bottleneck(none, populationOf(none)).verdict, 'no_difference');
  assert.match(
    bottleneck(none, populationOf(none)).sentence,
    /^None of 60 requests is slow .* Most time: payments: SELECT .*, 20.0 ms of 50.0 ms a request\.$/,
  );
  assert.equal(bottleneck([], populationOf([])).verdict, 'no_data');
  assert.match(bottleneckText(bottleneck([], populationOf([]))), /^No data/);
});

test('an attribute that slow and other requests have alike is not told, however many there are', () => {
  const sample = Array.from({ length: 400 }, (_, id) =>
    checkout(id, id % 2 === 0 ? 100 : 0, id % 2 === 0, {
      'service.version': 'v1',
      'service.instance.id': `i-${Math.floor(id / 2) % 10}`,
      'request.id': String(id),
    }),
  );
  const found = bottleneck(sample, populationOf(sample));
  assert.deepEqual(found.overRepresented, []);
  assert.ok(found.attributesTested > 10);
});

test('calls again and again under one parent are told with how often and what they cost', () => {
  const withCalls = (id: number, calls: number) =>
    request(
      id,
      [
        span('GET /cart', '', [0, calls * 10 + 10], { kind: 'server', service: 'catalog' }),
        ...Array.from({ length: calls }, (_, index) =>
          span(`q${index}`, 'GET /cart', [index * 10, index * 10 + 9], {
            kind: 'client',
            service: 'catalog',
            operation: 'pg.query',
            statement: 'SELECT * FROM items WHERE id = ?',
          }),
        ),
      ],
      false,
    );
  const sample = [withCalls(1, 37), withCalls(2, 12), withCalls(3, 4)];
  const { nPlusOne } = bottleneck(sample, populationOf(sample));
  assert.equal(nPlusOne.length, 1);
  const [one] = nPlusOne;
  assert.deepEqual(one!.calls, { least: 12, median: 37, most: 37 });
  assert.equal(one!.requests, 2);
  assert.equal(one!.totalMs, (37 * 9 + 12 * 9) / 2);
  assert.equal(one!.exampleTraceId, sample[0]!.traceId);
  assert.equal(one!.parentOperation, 'GET /cart');
});

test('calls at once are a fan-out and no N+1, and repeated work without a call is neither', () => {
  const of = (kind: 'client' | 'internal', atOnce: boolean) => {
    const sample = [
      request(
        1,
        [
          span('root', '', [0, 200], { kind: 'server' }),
          ...Array.from({ length: 10 }, (_, index) =>
            span(`q${index}`, 'root', atOnce ? [1, 100] : [index * 10, index * 10 + 10], {
              kind,
              operation: 'work',
            }),
          ),
        ],
        false,
      ),
    ];
    return bottleneck(sample, populationOf(sample)).nPlusOne.length;
  };
  assert.equal(of('client', true), 0);
  assert.equal(of('internal', false), 0);
  assert.equal(of('client', false), 1);
});

test('an error is told where it began, not at the callers that passed it on', () => {
  const failing = (id: number) =>
    request(
      id,
      [
        span('POST /checkout', '', [0, 100], { kind: 'server', service: 'gateway', status: 'error' }),
        span('POST', 'POST /checkout', [1, 99], { kind: 'client', service: 'gateway', status: 'error' }),
        span('POST /orders', 'POST', [2, 98], { kind: 'server', status: 'error' }),
        // Inner work seldom says how it went: the error passes through.
        span('place', 'POST /orders', [3, 97]),
        span('pg.query', 'place', [4, 90], {
          kind: 'client',
          status: 'error',
          statusMessage: `duplicate key value ${id}`,
          errorType: 'DatabaseError',
        }),
        // Tried and dealt with: the service that was asked did not fail by it.
        span('GET', 'POST /checkout', [99, 100], { kind: 'client', service: 'gateway' }),
        span('GET /hints', 'GET', [99, 100], { kind: 'server', service: 'hints' }),
        span('cache', 'GET /hints', [99, 100], { kind: 'client', service: 'hints', status: 'error' }),
      ],
      false,
    );
  const sample = [failing(7), failing(8)];
  const { errorOrigins, failed } = bottleneck(sample, populationOf(sample));
  assert.deepEqual(failed, { requests: 2, lookedAt: 2 });
  assert.deepEqual(
    errorOrigins.map(({ service, operation, error, requests, reachRoot }) => ({
      service,
      operation,
      error,
      requests,
      reachRoot,
    })),
    [
      {
        service: 'payments',
        operation: 'pg.query',
        error: 'DatabaseError: duplicate key value <num>',
        requests: 2,
        reachRoot: 2,
      },
      { service: 'hints', operation: 'cache', error: 'no reason given', requests: 2, reachRoot: 0 },
    ],
  );
});

test('gaps of traces are told', () => {
  const sample = [
    request(1, [span('a', '', [0, 10]), span('b', 'gone', [1, 5]), span('b', 'gone', [2, 5])], false),
  ];
  const { notes } = bottleneck(sample, populationOf(sample, { cut: 2, unread: 3 }));
  assert.equal(notes.length, 4);
  assert.match(notes.join('\n'), /^3 requests .*\n2 traces .*\n1 spans name a parent .*\n1 spans have an id/);
});

test('the text has the answer first and fits 80 columns', () => {
  const found = bottleneck(locked, populationOf(locked, { requests: 8_242, slow: 412, cut: 1 }));
  const lines = bottleneckText(found).split('\n');
  assert.match(
    lines.slice(0, 2).join(' '),
    /^Of 40 slow requests looked at, of 412, 100 % of the added time is in payments: SELECT/,
  );
  assert.match(lines.join(' '), /Figures are of the requests looked at; MEAN counts/);
  for (const line of lines) assert.ok(line.length <= 80, line);
  assert.match(lines.join('\n'), /payments service\.version=v2 +100 % +10 %/);
  // 250 ms and 50 ms in all, 412 of 8,242 requests slow: the lines add up to it.
  assert.match(lines.join('\n'), /^payments: SELECT .* 30\.0 ms +220 ms +20\.0 ms +100 %$/m);
  assert.match(lines.join('\n'), /^gateway POST \/checkout +10\.0 ms +10\.0 ms +10\.0 ms +0 %$/m);
  assert.match(lines.join('\n'), /Looked at 40 of 412\s+slow and 60 of 7830/);
});

test('with every request looked at nothing is said of a part', () => {
  const found = bottleneck(locked, populationOf(locked));
  assert.match(found.sentence, /^Of 40 slow requests, 100 %/);
  assert.doesNotMatch(bottleneckText(found), /looked at;/);
});

test('a property: shares add up to the durations, and the order of requests changes nothing', () => {
  const anyRequest = fc
    .tuple(fc.nat(), fc.nat(300), fc.boolean(), fc.constantFrom('v1', 'v2'))
    .map(([id, lock, slow, version]) => checkout(id, lock, slow, { 'service.version': version }));
  fc.assert(
    fc.property(
      fc
        .uniqueArray(anyRequest, { minLength: 1, maxLength: 30, selector: ({ traceId }) => traceId })
        .chain(all => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([all, shuffled]) => {
        const found = bottleneck(all, populationOf(all));
        assert.deepEqual(bottleneck(shuffled, populationOf(all)), found);
        const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-6, `${a} is not ${b}`);
        const total = (of: (one: (typeof found.criticalPath)[number]) => number) =>
          found.criticalPath.reduce((sum, one) => sum + of(one), 0);
        near(
          total(one => one.slowSelfMs),
          found.slow.meanMs,
        );
        near(
          total(one => one.restSelfMs),
          found.rest.meanMs,
        );
        near(
          total(one => one.share),
          1,
        );
        for (const one of found.criticalPath) assert.ok(one.slowSelfMs >= 0 && one.restSelfMs >= 0);
        if (found.slow.lookedAt > 0 && found.rest.lookedAt > 0)
          near(
            total(one => one.addedMs),
            found.slow.meanMs - found.rest.meanMs,
          );
      },
    ),
  );
});
