import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../kernel/index.ts';
import { conclude } from './conclude.ts';
import type { Observation } from './observation.ts';
import { checkouts, type MadeSpan, observationOf, pool, released } from './testing.ts';

function badWorld(seed: number, noise: readonly MadeSpan[] = []): Observation {
  const random = seeded(seed);
  const between = (low: number, high: number) => () => low + (high - low) * random();
  return observationOf({
    service: 'gateway',
    before: [...checkouts(300, random), ...noise],
    after: [
      ...checkouts(80, random, {
        paymentsVersion: 'v1.2.3',
        pool: between(500, 2500),
        heavy: between(900, 2400),
        fails: () => random() < 0.4,
      }),
      ...noise,
    ],
    resources: [pool('payments', 1, 10)],
    changes: [
      released('payments', 'v1.2.3', -0.2, { from: 'v1.2.2' }),
      released('gateway', 'v2.0.1', -0.1, { from: 'v2.0.0' }),
      released('auth', 'v3.1.0', -30, { from: 'v3.0.0' }),
    ],
  });
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map(item => ({ item, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

test('the conclusion does not depend on the order in which evidence comes', () => {
  const straight = badWorld(3);
  const expected = conclude(straight);
  fc.assert(
    fc.property(fc.nat(), seed => {
      const random = seeded(seed);
      const both = <T>({ baseline, incident }: { baseline: readonly T[]; incident: readonly T[] }) => ({
        baseline: shuffled(baseline, random),
        incident: shuffled(incident, random),
      });
      const mixed: Observation = {
        ...straight,
        operations: both(straight.operations),
        versions: both(straight.versions),
        edges: both(straight.edges),
        resources: shuffled(straight.resources, random),
        changes: shuffled(straight.changes, random),
      };
      assert.deepEqual(conclude(mixed), expected);
    }),
    { numRuns: 40 },
  );
});

const noiseSpan = fc.record({
  service: fc.constantFrom('gateway', 'auth', 'payments', 'search'),
  version: fc.constantFrom('v1', 'v2'),
  operation: fc.constantFrom('cache.get', 'render', 'GET /health', 'GET /metrics'),
  kind: fc.constantFrom('internal' as const, 'server' as const),
  ms: fc.double({ min: 0.1, max: 8, noNaN: true }),
});

test('operations that did not change do not change the first cause', () => {
  fc.assert(
    fc.property(fc.array(noiseSpan, { maxLength: 60 }), fc.nat({ max: 1000 }), (noise, seed) => {
      const found = conclude(badWorld(seed, noise));
      assert.equal(found.causes[0]?.change?.to, 'v1.2.3');
      assert.equal(found.remedy?.to, 'v1.2.2');
    }),
    { numRuns: 60 },
  );
});

const count = fc.nat({ max: 5000 });
const size = fc.double({ min: 0, max: 1e7, noNaN: true });
const anyOperation = fc.record(
  {
    service: fc.constantFrom('a', 'b', 'c'),
    version: fc.constantFrom('v1', 'v2', ''),
    operation: fc.constantFrom('GET /', 'query', 'pool'),
    kind: fc.constantFrom('server' as const, 'client' as const, 'internal' as const),
    count,
    errors: count,
    p50Ms: size,
    p95Ms: size,
    p99Ms: size,
    totalMs: size,
    statement: fc.constantFrom('SELECT 1', 'SELECT 2', ''),
    peer: fc.constantFrom('b', 'db'),
  },
  { requiredKeys: ['service', 'operation', 'kind', 'count', 'errors', 'p50Ms', 'p95Ms', 'p99Ms', 'totalMs'] },
);
const anyEdge = fc.record({
  from: fc.constantFrom('a', 'b', 'c'),
  to: fc.constantFrom('a', 'b', 'c', 'db'),
  kind: fc.constantFrom('service' as const, 'database' as const, 'queue' as const),
  count,
  errors: count,
  p50Ms: size,
  p95Ms: size,
  p99Ms: size,
});
const sides = <T>(item: fc.Arbitrary<T>) =>
  fc.record({ baseline: fc.array(item, { maxLength: 12 }), incident: fc.array(item, { maxLength: 12 }) });

test('whatever the figures, scores are finite, add up, and rank; nothing is proposed without a verdict', () => {
  const empty = observationOf({ service: 'a', before: [], after: [] });
  fc.assert(
    fc.property(sides(anyOperation), sides(anyOperation), sides(anyEdge), (operations, versions, edges) => {
      const changes = [released('b', 'v2', -1, { from: 'v1' }), released('c', 'v2', -5)];
      const found = conclude({ ...empty, operations, versions, edges, changes });
      let last = 1;
      found.causes.forEach((cause, index) => {
        assert.equal(cause.rank, index + 1);
        assert.ok(Number.isFinite(cause.score) && cause.score <= last);
        last = cause.score;
        const sum = cause.scoring.reduce((total, each) => total + each.points, 0);
        assert.ok(Math.abs(Math.min(sum, 100) / 100 - cause.score) < 0.011);
        for (const each of cause.scoring) assert.ok(each.points >= 0 && each.points <= each.outOf);
      });
      if (found.verdict === 'inconclusive') {
        assert.equal(found.remedy, undefined);
        assert.ok(found.unknown.length > 0, 'an inconclusive verdict says what is missing');
      }
      assert.doesNotMatch(JSON.stringify(found), /NaN|Infinity|undefined/);
    }),
    { numRuns: 500 },
  );
});
