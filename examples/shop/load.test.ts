import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type Arrival, arrivals, type Mix } from './load/arrivals.ts';
import { drive, type Outcome } from './load/driver.ts';
import { isBad, LoadRecord, percentile } from './load/record.ts';
import { loopbackUrl } from './load/shopper.ts';

const mix = (seed: number, rate = 40): Mix => ({
  rate,
  seed,
  shares: { browse: 0.6, login: 0.15, checkout: 0.25 },
  customers: 100,
  products: 10,
});
const take = (count: number, from: Mix): Arrival[] => arrivals(from).take(count).toArray();

/** Time that passes only when told; wakes in order of their instants. */
class FakeClock {
  #now = 0;
  #timers: { at: number; wake: () => void }[] = [];
  now = (): number => this.#now;
  after = (ms: number, wake: () => void): (() => void) => {
    const timer = { at: this.#now + ms, wake };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer);
    };
  };
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      const due = this.#timers.filter(timer => timer.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers = this.#timers.filter(timer => timer !== due);
      this.#now = Math.max(this.#now, due.at);
      due.wake();
      await settled();
    }
    this.#now = until;
    await settled();
  }
  /** The process itself stalls: time passes, and no timer runs until it is over. */
  stall(ms: number): void {
    this.#now += ms;
  }
}
const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

function harness(over: {
  send?: (arrival: Arrival, clock: FakeClock) => Promise<{ status: number }>;
  maxInFlight?: number;
  durationMs?: number;
}) {
  const clock = new FakeClock();
  const sent: { at: number; due: number }[] = [];
  const outcomes: Outcome[] = [];
  const load = drive({
    clock,
    arrivals: arrivals(mix(7)),
    send(arrival) {
      sent.push({ at: clock.now(), due: arrival.at });
      return over.send?.(arrival, clock) ?? Promise.resolve({ status: 200 });
    },
    record: outcome => outcomes.push(outcome),
    maxInFlight: over.maxInFlight ?? 1_000,
    ...(over.durationMs === undefined ? {} : { durationMs: over.durationMs }),
  });
  return { clock, sent, outcomes, load };
}

test('The same seed gives the same arrivals, another seed others', () => {
  assert.deepEqual(take(200, mix(3)), take(200, mix(3)));
  assert.notDeepEqual(take(200, mix(3)), take(200, mix(4)));
});

test('Arrivals only go forward in time, whatever the seed and the rate', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 2_000 }), (seed, rate) => {
      const instants = take(100, mix(seed, rate)).map(({ at }) => at);
      return instants.every((at, index) => Number.isFinite(at) && at >= (instants[index - 1] ?? 0));
    }),
  );
});

test('Arrivals are a Poisson process: the mean gap is 1/rate, gaps vary as much as their mean, counts vary as much as theirs', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1_000 }), seed => {
      const instants = take(20_000, mix(seed)).map(({ at }) => at);
      const gaps = instants.map((at, index) => at - (instants[index - 1] ?? 0));
      const mean = average(gaps);
      const deviation = Math.sqrt(average(gaps.map(gap => (gap - mean) ** 2)));
      // 20,000 gaps: the mean's standard error is 0.7 %; five of them keep a seeded run from chance failures.
      assert.ok(Math.abs(mean - 25) < 25 * 0.035, `mean gap ${mean} ms`);
      assert.ok(Math.abs(deviation / mean - 1) < 0.06, `coefficient of variation ${deviation / mean}`);
      const perSecond = new Array<number>(Math.floor(instants.at(-1)! / 1_000)).fill(0);
      for (const at of instants) {
        const second = Math.floor(at / 1_000);
        if (second < perSecond.length) perSecond[second]! += 1;
      }
      const rate = average(perSecond);
      const dispersion = average(perSecond.map(count => (count - rate) ** 2)) / rate;
      assert.ok(dispersion > 0.7 && dispersion < 1.35, `variance to mean of counts ${dispersion}`);
    }),
    { numRuns: 20 },
  );
});

test('The mix has its shares', () => {
  const kinds = Object.groupBy(take(20_000, mix(1)), ({ kind }) => kind);
  assert.ok(Math.abs((kinds.browse?.length ?? 0) / 20_000 - 0.6) < 0.02);
  assert.ok(Math.abs((kinds.login?.length ?? 0) / 20_000 - 0.15) < 0.02);
  assert.ok(Math.abs((kinds.checkout?.length ?? 0) / 20_000 - 0.25) < 0.02);
});

test('Requests go out when they are due although none before them was answered', async () => {
  const { clock, sent, load } = harness({ send: () => new Promise(() => {}) });
  await clock.advance(5_000);
  const due = take(1_000, mix(7)).filter(({ at }) => at <= 5_000);
  assert.equal(sent.length, due.length);
  assert.deepEqual(
    sent.map(({ at }) => at),
    due.map(({ at }) => at),
  );
  assert.equal(load.inFlight(), due.length);
});

test('A stalled system shows in the latency of every request that was due meanwhile', async () => {
  // The system answers nothing until 3 s, then everything at once.
  const { clock, outcomes } = harness({
    send: (_, time) =>
      new Promise(resolve => {
        time.after(Math.max(0, 3_000 - time.now()), () => resolve({ status: 200 }));
      }),
  });
  await clock.advance(3_100);
  const stalled = outcomes.filter(({ due }) => due <= 3_000);
  assert.ok(stalled.length > 80);
  for (const { due, latencyMs } of stalled) assert.ok(Math.abs(due + latencyMs - 3_000) < 1e-6);
});

test('When the load generator itself is late, the delay counts as latency', async () => {
  const { clock, outcomes } = harness({});
  await clock.advance(1_000);
  const before = outcomes.length;
  clock.stall(2_000);
  await clock.advance(1);
  const late = outcomes.slice(before);
  assert.ok(late.length > 40, `${late.length} requests were due in the stall`);
  for (const { due, latencyMs } of late) assert.ok(due + latencyMs >= 3_000);
  assert.ok(Math.max(...late.map(({ latencyMs }) => latencyMs)) > 1_800);
});

test('Past the bound of requests in flight a due request counts as failed, and is not sent', async () => {
  const { clock, sent, outcomes } = harness({ send: () => new Promise(() => {}), maxInFlight: 10 });
  await clock.advance(2_000);
  assert.equal(sent.length, 10);
  assert.ok(outcomes.length > 40);
  assert.ok(outcomes.every(({ status, error }) => status === 0 && error === 'too many requests in flight'));
});

test('The load ends after its duration, once what was in flight has ended', async () => {
  const { clock, outcomes, load } = harness({
    durationMs: 1_000,
    send: (_, time) => new Promise(resolve => time.after(500, () => resolve({ status: 200 }))),
  });
  let ended = false;
  void load.done.then(() => {
    ended = true;
  });
  await clock.advance(1_100);
  assert.equal(ended, false);
  await clock.advance(1_000);
  assert.equal(ended, true);
  assert.ok(outcomes.every(({ due }) => due < 1_000));
});

test('A request that throws is an outcome without a status', async () => {
  const { clock, outcomes } = harness({ send: () => Promise.reject(new Error('connect ECONNREFUSED')) });
  await clock.advance(500);
  assert.ok(outcomes.length > 5);
  assert.ok(outcomes.every(({ status, error }) => status === 0 && error === 'connect ECONNREFUSED'));
});

test('Bad is a server error, no answer, or a checkout over 500 ms', () => {
  const cases: [Parameters<typeof isBad>[0], boolean][] = [
    [{ kind: 'checkout', status: 201, latencyMs: 500 }, false],
    [{ kind: 'checkout', status: 201, latencyMs: 501 }, true],
    [{ kind: 'browse', status: 200, latencyMs: 900 }, false],
    [{ kind: 'browse', status: 502, latencyMs: 5 }, true],
    [{ kind: 'login', status: 0, latencyMs: 5 }, true],
    [{ kind: 'login', status: 401, latencyMs: 5 }, false],
  ];
  for (const [outcome, bad] of cases) assert.equal(isBad(outcome), bad, JSON.stringify(outcome));
});

test('The first bad request is the earliest due since the mark, in whatever order they end', () => {
  const started = Date.parse('2026-01-05T10:00:00.000Z');
  const record = new LoadRecord(started);
  const bad = (due: number, latencyMs: number): Outcome => ({
    kind: 'checkout',
    due,
    latencyMs,
    status: 502,
  });
  record.add(bad(1_000, 10));
  record.mark(started + 5_000);
  assert.equal(record.stats(started + 5_000, 0).firstBad, null);
  record.add(bad(4_900, 200)); // due before the mark: it belongs to what was before
  record.add(bad(7_000, 100));
  record.add(bad(6_000, 3_000));
  record.add({ kind: 'checkout', due: 5_500, latencyMs: 20, status: 201 });
  const { firstBad, kinds, errors } = record.stats(started + 10_000, 2);
  assert.equal(firstBad?.at, '2026-01-05T10:00:06.000Z');
  assert.equal(firstBad?.secondsAgo, 4);
  assert.deepEqual(errors, { 'status 502': 2 });
  assert.equal(kinds.checkout.requests, 5);
  assert.equal(kinds.checkout.bad, 4);
});

test('Percentiles are of the last ten seconds only, and absent without requests', () => {
  const record = new LoadRecord(0);
  for (let due = 0; due < 20_000; due += 100)
    record.add({ kind: 'browse', due, latencyMs: due < 9_000 ? 900 : 9, status: 200 });
  const { browse, login } = record.stats(20_500, 0).kinds;
  assert.deepEqual([browse.recent.p50Ms, browse.recent.p99Ms], [9, 9]);
  assert.equal(browse.requests, 200);
  assert.deepEqual(login.recent, { requests: 0, errors: 0, p50Ms: null, p99Ms: null });
  assert.equal(percentile([], 0.5), null);
  assert.equal(percentile([1, 2, 3, 4], 0.5), 2);
});

test('Load goes to loopback only', () => {
  for (const url of ['http://127.0.0.1:4811', 'http://localhost:80/', 'http://[::1]:4811']) loopbackUrl(url);
  for (const url of [
    'http://shop.example',
    'http://10.0.0.1:4811',
    'https://127.0.0.1',
    'http://127.0.0.1.shop.example',
    'gateway',
  ]) {
    assert.throws(() => loopbackUrl(url), /loopback|not a URL/);
  }
});

const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
