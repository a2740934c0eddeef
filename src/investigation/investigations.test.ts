import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type Event, epochMs, instant, seeded } from '../kernel/index.ts';
import { type TestKernel, testKernel } from '../kernel/testing.ts';
import type { Investigation } from './investigation.ts';
import { Investigations } from './investigations.ts';
import type { Observation, Window } from './observation.ts';
import { renderInvestigation, wrap } from './render.ts';
import type { IncidentFacts, Sources } from './sources.ts';
import { investigationMigrations } from './store.ts';
import { at, checkouts, ONSET, observationOf, pool, released } from './testing.ts';

let kernel: TestKernel;
let investigations: Investigations;
let told: Investigation[];
let world: Observation;
let incident: IncidentFacts;
let broken: Set<string>;
let reads: number;
/** Each test has an incident of its own in the one database. */
let id: string;
let made = 0;

/** Sources over a made-up observation: windows that end by the onset get the baseline, later ones the incident. */
function sourcesOf(): Sources {
  const side = ({ to }: Window) => (to <= ONSET ? 'baseline' : 'incident');
  const source = async <T>(name: string, answer: () => T): Promise<T> => {
    if (broken.has(name)) throw new Error(`${name} is away`);
    return answer();
  };
  return {
    services: async () =>
      ['gateway', 'auth', 'payments'].map(name => ({ name, telemetryName: name, dependsOn: [] })),
    incidents: {
      get: async wanted => ({
        ...incident,
        id: wanted,
        status: wanted === id ? incident.status : 'resolved',
      }),
    },
    deploys: { changes: () => source('deploys', () => world.changes) },
    slos: {
      objectives: async () => [
        {
          id: 'checkout-latency',
          displayName: 'Checkout latency',
          service: 'gateway',
          target: 0.99,
          sli: { kind: 'latency', queries: ['rate(x_seconds_bucket{le="0.5"}[1m])'] },
        },
      ],
      reading: async () => [{ objective: 'checkout-latency', errorRatio: 0.6 }],
    },
    telemetry: {
      metrics: {
        range: (query, window) =>
          source('metrics', () => {
            const figures = world.resources.find(
              each => each.query === query || query.includes('count{db_client'),
            );
            if (figures === undefined || !query.includes('db_client_connection_count')) return { series: [] };
            const points: [number, number][] = [];
            for (let ms = epochMs(window.from); ms <= epochMs(window.to); ms += window.step)
              points.push([ms, ms < epochMs(ONSET) ? 1 : 10]);
            return { series: [{ labels: { service_name: 'payments' }, points }] };
          }),
      },
      traces: {
        operations: (window, filter) =>
          source('traces', () => {
            reads++;
            const rows = (filter?.groupByVersion ? world.versions : world.operations)[side(window)];
            return rows.filter(row => filter?.service === undefined || row.service === filter.service);
          }),
        edges: window => source('traces', () => world.edges[side(window)]),
        timeline: (window, { step }) =>
          source('traces', () => {
            const buckets = [];
            for (let ms = epochMs(window.from); ms < epochMs(window.to); ms += step)
              buckets.push({ at: instant(ms), count: 20, errors: 0, p99Ms: ms < epochMs(ONSET) ? 30 : 2500 });
            return buckets;
          }),
      },
      logs: {
        compare: windows => source('logs', () => windows.map(window => world.patterns[side(window)])),
      },
    },
  };
}

before(async () => {
  kernel = await testKernel({ now: at(1), log: 'silent' });
  investigations = new Investigations(kernel, sourcesOf());
  kernel.events.on<{ investigation: Investigation }>(
    'investigation.concluded',
    'test.told',
    async (event: Event<{ investigation: Investigation }>) => {
      if (event.subject === id) told.push(event.data.investigation);
    },
  );
  await kernel.start(investigationMigrations);
});
after(() => kernel.stop());
beforeEach(() => {
  const random = seeded(11);
  const between = (low: number, high: number) => () => low + (high - low) * random();
  world = observationOf({
    service: 'gateway',
    before: checkouts(300, random),
    after: checkouts(60, random, {
      paymentsVersion: 'v1.2.3',
      pool: between(500, 2500),
      heavy: between(900, 2400),
    }),
    resources: [pool('payments', 1, 10)],
    changes: [released('payments', 'v1.2.3', -0.2, { from: 'v1.2.2' })],
  });
  id = `INC-${++made}`;
  incident = {
    id,
    service: 'gateway',
    status: 'open',
    onsetAt: at(0.1),
    openedAt: instant(kernel.clock.now()),
  };
  told = [];
  reads = 0;
  broken = new Set();
});

test('an incident that begins to be investigated has its verdict at once when the data is there, told once', async () => {
  await investigations.begin(id);
  await investigations.begin(id);
  await kernel.settle();
  assert.equal(told.length, 1);
  assert.equal(told[0]?.verdict, 'confirmed');
  const found = await investigations.get(id);
  assert.equal(found.window.incident.from, ONSET);
  assert.equal(found.causes[0]?.change?.to, 'v1.2.3');
  assert.match(found.summary, /SLO 500 ms/);
  assert.ok(found.causes[0]?.evidence.some(each => each.kind === 'slo' && /40% good/.test(each.statement)));
  for (let i = 0; i < 6; i++) await kernel.clock.advance(20_000);
  assert.equal(told.length, 1, 'a confirmed verdict is not looked into again by itself');
  await investigations.investigate(id);
  await kernel.settle();
  assert.equal(told.length, 1, 'the same verdict again is no news');
});

test('data that comes later turns the verdict, and inconclusive is told only after it had time to come', async () => {
  const full = world;
  world = observationOf({ service: 'gateway', before: [], after: [] });
  await investigations.begin(id);
  await kernel.settle();
  assert.equal(told.length, 0);
  assert.equal((await investigations.get(id)).verdict, 'inconclusive');
  for (let i = 0; i < 4; i++) await kernel.clock.advance(10_000);
  assert.deepEqual(
    told.map(each => each.verdict),
    ['inconclusive'],
  );
  world = full;
  for (let i = 0; i < 2; i++) await kernel.clock.advance(10_000);
  assert.deepEqual(
    told.map(each => each.verdict),
    ['inconclusive', 'confirmed'],
  );
});

/** Questions for operations that one run asks: before and since the onset. */
const READS = 2;

test('looking is bounded: quick at first, slow after three minutes, and over when the incident is', async () => {
  world = observationOf({ service: 'gateway', before: [], after: [] });
  await investigations.begin(id);
  for (let i = 0; i < 18; i++) await kernel.clock.advance(10_000);
  const young = reads;
  assert.ok(young >= 17 * READS, `${young} reads in three minutes`);
  for (let i = 0; i < 18; i++) await kernel.clock.advance(10_000);
  assert.ok(reads - young <= 4 * READS, `${reads - young} reads in the next three minutes`);
  incident = { ...incident, status: 'resolved', resolvedAt: instant(kernel.clock.now()) };
  await kernel.clock.advance(60_000);
  const last = reads;
  for (let i = 0; i < 3; i++) await kernel.clock.advance(60_000);
  assert.equal(reads, last);
});

test('a source that is away leaves a gap that is said, and the other evidence still counts', async () => {
  broken.add('logs').add('metrics');
  const found = await investigations.investigate(id);
  assert.equal(found.causes[0]?.change?.to, 'v1.2.3');
  assert.ok(found.unknown.some(each => /Log patterns could not be read: logs is away/.test(each)));
  assert.ok(found.unknown.some(each => /Metrics of resources could not be read/.test(each)));
});

test('a later run without data takes back nothing that was evidenced', async () => {
  await investigations.investigate(id);
  broken.add('traces');
  const again = await investigations.investigate(id);
  assert.equal(again.verdict, 'confirmed');
});

test('an incident that nobody looked into is not found, with the command that would', async () => {
  await assert.rejects(investigations.get('INC-999'), { code: 'not_found' });
});

test('the text form keeps to 80 columns and tells verdict, evidence, what is ruled out and what is unknown', async () => {
  const text = renderInvestigation(await investigations.investigate(id));
  for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
  for (const word of [
    `${id}: confirmed`,
    'evidence',
    'Ruled out',
    'Not known',
    'Proposed: rollback payments to v1.2.2',
  ])
    assert.ok(text.includes(word), word);
  assert.deepEqual(
    wrap('x'.repeat(100), '  ').map(line => line.length),
    [80, 24],
  );
});
