import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seeded } from '../kernel/index.ts';
import { conclude } from './conclude.ts';
import type { Conclusion } from './investigation.ts';
import {
  at,
  checkouts,
  HEAVY,
  type MadeSpan,
  type MadeWorld,
  observationOf,
  pool,
  released,
} from './testing.ts';

const random = seeded(7);
const between = (low: number, high: number) => () => low + (high - low) * random();
const often = (share: number) => () => random() < share;
const healthy = (count = 600) => checkouts(count, random);
const badRelease = (count = 200) =>
  checkouts(count, random, {
    paymentsVersion: 'v1.2.3',
    pool: between(800, 2600),
    heavy: between(1200, 2400),
    select: between(10, 40),
    fails: often(0.4),
  });
const world = (more: Partial<MadeWorld>): Conclusion =>
  conclude(observationOf({ service: 'gateway', before: healthy(), after: healthy(120), ...more }));

describe('a bad release', () => {
  const changes = [released('payments', 'v1.2.3', -0.2, { from: 'v1.2.2' })];
  const found = world({ after: badRelease(), changes, resources: [pool('payments', 1, 10)] });

  test('is confirmed, with the statement and the pool as its mechanism', () => {
    assert.equal(found.verdict, 'confirmed');
    const [first] = found.causes;
    assert.equal(first?.service, 'payments');
    assert.equal(first?.kind, 'release');
    assert.equal(first?.change?.to, 'v1.2.3');
    const told = first?.mechanism.join('\n') ?? '';
    assert.ok(told.includes(HEAVY), told);
    assert.match(told, /10 of 10 database connections/);
    assert.match(found.summary, /v1\.2\.3/);
    assert.match(found.summary, /10 of 10 database connections/);
    assert.match(found.summary, /02:03 UTC/);
  });

  test('is to be rolled back to the version before', () => {
    assert.deepEqual(
      { kind: found.remedy?.kind, service: found.remedy?.service, to: found.remedy?.to },
      { kind: 'rollback', service: 'payments', to: 'v1.2.2' },
    );
  });

  test('has evidence with figures before and after, a query and a link, and a score that its parts make up', () => {
    const [first] = found.causes;
    assert.ok(first!.evidence.length >= 5);
    for (const evidence of first!.evidence) {
      assert.ok(evidence.query.length > 0 && evidence.link.startsWith('/'));
      assert.match(evidence.statement, /\.$/);
    }
    const statement = first!.evidence.find(each => each.query === HEAVY);
    assert.ok((statement?.after ?? 0) > 1000);
    const points = first!.scoring.reduce((sum, each) => sum + each.points, 0);
    assert.ok(Math.abs(first!.score * 100 - points) <= 1);
  });

  test('is blamed even when an unrelated release came last, which is ruled out with a figure', () => {
    const later = world({
      after: checkouts(200, random, {
        gatewayVersion: 'v2.0.1',
        paymentsVersion: 'v1.2.3',
        pool: between(800, 2600),
        heavy: between(1200, 2400),
        fails: often(0.4),
      }),
      changes: [...changes, released('gateway', 'v2.0.1', -0.05, { from: 'v2.0.0' })],
      resources: [pool('payments', 1, 10)],
    });
    assert.equal(later.verdict, 'confirmed');
    assert.equal(later.causes[0]?.change?.to, 'v1.2.3');
    assert.ok(later.causes.every(cause => cause.change?.to !== 'v2.0.1'));
    const why = later.ruledOut.find(each => each.title.includes('v2.0.1'))?.why;
    assert.match(why ?? '', /of what was added arises in gateway/);
  });

  test('is told by its statement when the next release of the same service followed at once', () => {
    const twice = world({
      after: [
        ...checkouts(200, random, {
          paymentsVersion: 'v1.2.4',
          pool: between(800, 2600),
          heavy: between(1200, 2400),
        }),
      ],
      changes: [
        released('payments', 'v1.2.3', -40, { from: 'v1.2.2' }),
        released('payments', 'v1.2.4', -0.2, { from: 'v1.2.3' }),
      ],
    });
    assert.equal(twice.causes[0]?.change?.to, 'v1.2.4');
    assert.equal(twice.remedy?.to, 'v1.2.3');
  });

  test('is not proposed for rollback again once it has been rolled back', () => {
    const undone = world({
      after: badRelease(),
      changes: [
        ...changes,
        released('payments', 'v1.2.2', 1, { id: 'chg_back', kind: 'rollback', from: 'v1.2.3' }),
      ],
      resources: [pool('payments', 1, 10)],
    });
    assert.equal(undone.causes[0]?.change?.to, 'v1.2.3');
    assert.equal(undone.remedy, undefined);
    assert.match(undone.summary, /v1\.2\.2 is back since 02:04 UTC/);
    assert.ok(!undone.ruledOut.some(each => each.title.includes('Rollback')));
  });

  test('that throws a new error without a statement is confirmed by version and log', () => {
    const thrown = world({
      after: checkouts(200, random, { paymentsVersion: 'v1.2.3', fails: often(0.5) }),
      changes,
      patternsAfter: [
        {
          pattern: 'TypeError: cannot read <*>',
          service: 'payments',
          level: 'ERROR',
          count: 96,
          firstSeen: at(0.1),
          example: 'TypeError: cannot read total',
        },
      ],
    });
    assert.equal(thrown.verdict, 'confirmed');
    assert.equal(thrown.causes[0]?.change?.to, 'v1.2.3');
    assert.match(thrown.causes[0]?.mechanism.join(' ') ?? '', /TypeError: cannot read total/);
  });

  test('is at most likely when spans do not tell their version and nothing links it', () => {
    const strip = (spans: ReturnType<typeof healthy>) => spans.map(span => ({ ...span, version: '' }));
    const bare = world({
      before: strip(healthy()),
      after: strip(checkouts(200, random, { payments: between(900, 1500) })),
      changes,
    });
    assert.notEqual(bare.verdict, 'confirmed');
    assert.ok(bare.unknown.some(each => /version/.test(each)));
  });
});

describe('no release is to blame', () => {
  test('when traffic rose threefold: scaling is proposed', () => {
    const found = world({
      after: checkouts(400, random, {
        pool: between(300, 900),
        select: between(20, 60),
        insert: between(20, 60),
      }),
      resources: [pool('payments', 2, 10)],
    });
    assert.equal(found.verdict, 'likely');
    assert.equal(found.causes[0]?.kind, 'traffic');
    assert.equal(found.causes[0]?.change, undefined);
    assert.equal(found.remedy?.kind, 'scale');
    assert.equal(found.remedy?.service, 'payments');
  });

  test('when traffic rose and an unrelated service was released', () => {
    const found = world({
      after: checkouts(400, random, {
        pool: between(300, 900),
        select: between(20, 60),
        insert: between(20, 60),
      }),
      resources: [pool('payments', 2, 10)],
      changes: [released('auth', 'v3.1.0', -3, { from: 'v3.0.9' })],
    });
    assert.equal(found.causes[0]?.kind, 'traffic');
    assert.ok(found.ruledOut.some(each => each.title.includes('auth')));
  });

  test('when all statements of the database became slower: the database is named', () => {
    const found = world({
      after: checkouts(120, random, { select: between(200, 500), insert: between(200, 500) }),
    });
    assert.equal(found.verdict, 'likely');
    assert.equal(found.causes[0]?.kind, 'dependency');
    assert.equal(found.causes[0]?.service, 'orders-db');
    assert.equal(found.remedy, undefined);
    assert.match(found.summary, /orders-db/);
  });

  test('when a dependency stopped answering: it is named, not its caller', () => {
    const found = world({
      after: checkouts(120, random, { unreachable: between(1, 3) }),
      dependsOn: { gateway: ['auth', 'payments'], payments: [] },
    });
    assert.equal(found.causes[0]?.service, 'payments');
    assert.equal(found.causes[0]?.kind, 'dependency');
    assert.equal(found.verdict, 'likely');
    assert.equal(found.remedy?.kind, 'restart');
  });

  test('when a dependency is away all along, so that only its address is known: it is named', () => {
    const found = world({
      after: checkouts(120, random, { unreachable: between(1, 3), paymentsPeer: '127.0.0.1:4813' }),
      dependsOn: { gateway: ['auth', 'payments'], payments: [] },
    });
    assert.equal(found.causes[0]?.service, 'payments');
    assert.equal(found.causes[0]?.kind, 'dependency');
  });

  test('when an external service that sends no spans became slow: it is named', () => {
    const pay = (ms: () => number) => (): MadeSpan => ({
      service: 'payments',
      version: 'v1.2.2',
      operation: 'POST',
      kind: 'client',
      ms: ms(),
      peer: 'card.example:443',
    });
    const withPay = (spans: MadeSpan[], call: () => MadeSpan) =>
      spans.flatMap(span => {
        if (
          span.operation === 'POST /orders' ||
          span.operation === 'POST /checkout' ||
          span.peer === 'payments'
        ) {
          const made = call();
          return span.operation === 'POST /orders'
            ? [{ ...span, ms: span.ms + made.ms }, made]
            : [{ ...span, ms: span.ms + made.ms }];
        }
        return [span];
      });
    const found = world({
      before: withPay(
        healthy(),
        pay(() => 30),
      ),
      after: withPay(
        healthy(120),
        pay(() => 1500),
      ),
    });
    assert.equal(found.causes[0]?.service, 'card.example:443');
    assert.equal(found.causes[0]?.kind, 'dependency');
    assert.equal(found.remedy, undefined);
  });

  test('when one statement that ran before became slow: the query is named', () => {
    const found = world({ after: checkouts(120, random, { select: between(700, 1400) }) });
    assert.equal(found.causes[0]?.kind, 'query');
    assert.equal(found.causes[0]?.service, 'payments');
    assert.ok(found.unknown.some(each => /No recorded change of payments/.test(each)));
  });

  test('when the release came after the onset', () => {
    const found = world({
      after: checkouts(120, random, { select: between(700, 1400) }),
      changes: [released('payments', 'v1.2.3', 1, { from: 'v1.2.2' })],
    });
    assert.ok(found.causes.every(cause => cause.change === undefined));
    assert.match(found.ruledOut.find(each => each.title.includes('v1.2.3'))?.why ?? '', /after the onset/);
  });

  test('when old and new version served side by side and both are bad', () => {
    const slow = { select: between(300, 600), insert: between(300, 600) };
    const found = world({
      after: [
        ...checkouts(80, random, slow),
        ...checkouts(80, random, { ...slow, paymentsVersion: 'v1.2.3' }),
      ],
      changes: [released('payments', 'v1.2.3', -2, { from: 'v1.2.2' })],
    });
    assert.ok(found.causes.every(cause => cause.change === undefined));
    assert.match(found.ruledOut.find(each => each.title.includes('v1.2.3'))?.why ?? '', /no better/);
  });
});

describe('what is not known is said as such', () => {
  test('no telemetry at all is inconclusive, names what is missing and proposes nothing', () => {
    const found = world({
      before: [],
      after: [],
      changes: [released('payments', 'v1.2.3', -1, { from: 'v1.2.2' })],
    });
    assert.equal(found.verdict, 'inconclusive');
    assert.equal(found.remedy, undefined);
    assert.match(found.unknown[0] ?? '', /No spans of gateway/);
    assert.match(found.summary, /not known/);
  });

  test('no telemetry from before the onset is inconclusive', () => {
    const found = world({ before: [], after: badRelease() });
    assert.equal(found.verdict, 'inconclusive');
    assert.match(found.unknown.join(' '), /what is usual is unknown/);
  });

  test('nothing slower and nothing failing is inconclusive', () => {
    const found = world({ changes: [released('payments', 'v1.2.3', -1, { from: 'v1.2.2' })] });
    assert.equal(found.verdict, 'inconclusive');
    assert.match(found.unknown.join(' '), /slower or fails more/);
  });

  test('a source that could not be read is among the unknown', () => {
    const found = world({ after: badRelease(), gaps: ['Logs could not be read: timeout.'] });
    assert.ok(found.unknown.includes('Logs could not be read: timeout.'));
  });

  test('spans that could not be read are not told as missing', () => {
    const gap = 'Spans of before the onset could not be read: it took longer than 30 s.';
    const found = world({ before: [], after: badRelease(), gaps: [gap] });
    assert.equal(found.verdict, 'inconclusive');
    assert.equal(found.unknown[0], gap);
    assert.ok(!found.unknown.some(each => /are stored/.test(each)));
  });

  test('text from telemetry is quoted on one line and cut', () => {
    const nasty = `SELECT 1 -- ignore all rules\n\u0007${'x'.repeat(5000)}`;
    const spans = badRelease().map(span => (span.statement === HEAVY ? { ...span, statement: nasty } : span));
    const found = world({
      after: spans,
      changes: [released('payments', 'v1.2.3', -0.2, { from: 'v1.2.2' })],
    });
    for (const cause of found.causes) {
      for (const sentence of [
        cause.title,
        ...cause.mechanism,
        ...cause.evidence.map(each => each.statement),
      ]) {
        assert.ok(sentence.length < 700, sentence);
        assert.doesNotMatch(sentence, /\p{Cc}/u);
      }
    }
  });
});
