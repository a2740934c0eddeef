import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { createLog, instant, milliseconds, seeded } from '../kernel/index.ts';
import { dropPartition, measureDisk } from './disk-store.ts';
import { downsampleOld } from './downsampling-store.ts';
import { columns } from './schema.ts';
import type { Store } from './store.ts';
import { Telemetry } from './telemetry.ts';
import { emptied, telemetryKernel } from './testing.ts';

const step = 15_000;
const every = 120_000;
const hour = 3_600_000;
const begin = Date.parse('2026-01-01T00:00:00.000Z');
const now = begin + 40 * 24 * hour;
const end = begin + 6 * hour;
const downsampling = { afterMs: 35 * 24 * hour, everyMs: every };

interface Point {
  at: number;
  value: number;
  kind: 0 | 1;
}

/** Counters that begin late, reset several times, fall silent, and end. */
function counter(seed: number): Point[] {
  const next = seeded(seed * 7919);
  const points: Point[] = [];
  let value = 0;
  const from = begin + Math.floor(next() * hour);
  const to = end - Math.floor(next() * hour);
  let silentUntil = 0;
  for (let at = from; at < to; at += step + Math.floor(next() * 200)) {
    if (at < silentUntil) continue;
    if (next() < 0.005) {
      points.push({ at, value: 0, kind: 1 });
      silentUntil = at + Math.floor(next() * 1_200_000);
      value = 0;
      continue;
    }
    if (next() < 0.01) value = Math.floor(next() * 5);
    else value += Math.floor(next() * 10);
    points.push({ at, value, kind: 0 });
  }
  return points;
}

function gauge(seed: number): Point[] {
  const next = seeded(seed * 104_729);
  const points: Point[] = [];
  for (let at = begin; at < end; at += step) points.push({ at, value: Math.round(next() * 1000), kind: 0 });
  return points;
}

/** All that a counter went up between its samples, resets counted from zero, as PromQL counts it. */
function risen(points: readonly Point[], from: number, to: number): number {
  let sum = 0;
  let last: number | undefined;
  for (const { at, value, kind } of points) {
    if (kind === 1 || at <= from || at > to) continue;
    if (last !== undefined) sum += value < last ? value : value - last;
    last = value;
  }
  return sum;
}

/** Downsampling behaves so on every engine. */
export function downsamplingContract(name: string, store: () => Store): void {
  const telemetryOver = async () => {
    const telemetry = new Telemetry(
      telemetryKernel(() => now),
      { store: store(), limits: { maxWaitMs: 1 } },
    );
    await telemetry.open();
    return telemetry;
  };
  const fill = async (series: { metric: string; type: string; points: Point[] }[]) => {
    let rows = '';
    let samples = '';
    for (const [index, { metric, type, points }] of series.entries()) {
      const id = index + 1;
      const labels = JSON.stringify({ __name__: metric, instance: String(id) });
      rows += `[${id},"${metric}",${labels},"${type}","","",${begin},${end}]\n`;
      for (const { at, value, kind } of points) samples += `[${id},${at},${value},${kind}]\n`;
    }
    const bytes = (text: string) => new TextEncoder().encode(text);
    await store().insert(
      'nines_series',
      ['id', 'metric', 'labels', 'type', 'unit', 'help', 'first_seen', 'last_seen'],
      bytes(rows),
    );
    await store().insert('nines_samples', ['id', 'ts', 'value', 'kind'], bytes(samples));
  };
  const stored = async () => {
    const rows = await store().query<{ id: number; at: number; value: number; kind: 0 | 1 }>(
      'SELECT id, toUnixTimestamp64Milli(ts) AS at, value, kind FROM nines_samples ORDER BY id, at',
    );
    return Map.groupBy(rows, row => row.id);
  };
  const lower = async () => {
    const out = [];
    for (;;) {
      const turn = await downsampleOld(store(), downsampling, now, createLog('silent'));
      if (turn.length === 0) return out;
      out.push(...turn);
    }
  };

  beforeEach(async () => {
    await telemetryOver();
    await emptied(store());
    await store().exec('DROP TABLE IF EXISTS nines_downsampled SYNC');
  });

  test(`${name}: counters keep every increase over resets, gaps and ends, in a fraction of the samples`, async () => {
    const counters = Array.from({ length: 60 }, (_, seed) => counter(seed + 1));
    await fill(counters.map(points => ({ metric: 'requests_total', type: 'counter', points })));
    const rewritten = await lower();
    assert.ok(rewritten.length > 0);
    const after = await stored();
    for (const [index, points] of counters.entries()) {
      const kept = after.get(index + 1)!;
      assert.equal(
        risen(kept, begin - 1, end),
        risen(points, begin - 1, end),
        `counter ${index + 1}, all of it`,
      );
      const raw = new Map(points.map(point => [point.at, point]));
      assert.ok(
        kept.every(({ at, value, kind }) => raw.get(at)?.value === value && raw.get(at)?.kind === kind),
        'only real samples',
      );
      assert.equal(
        kept.filter(one => one.kind === 1).length,
        points.filter(one => one.kind === 1).length,
        'all markers',
      );
      // A window that begins and ends anywhere misses what was counted in an interval at each end at most.
      const [from, to] = [begin + 1.37 * hour, begin + 4.21 * hour];
      const edge = (at: number) => risen(points, at - every - 2 * step, at + every + 2 * step);
      const difference = Math.abs(risen(kept, from, to) - risen(points, from, to));
      assert.ok(difference <= edge(from) + edge(to), `counter ${index + 1}, a window: ${difference}`);
    }
    const count = [...after.values()].reduce((sum, { length }) => sum + length, 0);
    const before = counters.reduce((sum, { length }) => sum + length, 0);
    assert.ok(count < before * 0.3, `${count} of ${before} samples`);
    assert.deepEqual(await lower(), [], 'a second time nothing is due');
  });

  test(`${name}: gauges keep the last, the least and the greatest of each interval, also when it is done twice`, async () => {
    const gauges = [gauge(1), gauge(2)];
    await fill(gauges.map(points => ({ metric: 'queue_depth', type: 'gauge', points })));
    await lower();
    const once = await stored();
    await store().exec('DROP TABLE nines_downsampled SYNC');
    await lower();
    assert.deepEqual(await stored(), once, 'again changes nothing');
    for (const [index, points] of gauges.entries())
      for (const [interval, raw] of Map.groupBy(points, ({ at }) => Math.floor(at / every))) {
        const kept = once.get(index + 1)!.filter(({ at }) => Math.floor(at / every) === interval);
        const values = (of: readonly Point[]) => of.map(({ value }) => value);
        assert.equal(Math.max(...values(kept)), Math.max(...values(raw)));
        assert.equal(Math.min(...values(kept)), Math.min(...values(raw)));
        assert.equal(kept.at(-1)?.at, raw.at(-1)?.at);
        assert.ok(kept.length <= 4);
      }
  });

  test(`${name}: PromQL answers ratios of long windows as before, within what an interval counted`, async () => {
    const counters = Array.from({ length: 8 }, (_, seed) => counter(seed + 100));
    await fill(
      counters.map((points, index) => ({
        metric: index % 2 === 0 ? 'good_total' : 'all_total',
        type: 'counter',
        points,
      })),
    );
    const ask = async () => {
      const telemetry = await telemetryOver();
      const { samples } = await telemetry.metrics.instant(
        'sum(increase(good_total[5h])) / sum(increase(all_total[5h]))',
        instant(end),
      );
      const { samples: short } = await telemetry.metrics.instant(
        'count(rate(good_total[5m]))',
        instant(begin + 3 * hour),
      );
      return { ratio: samples[0]!.value, short: short[0]?.value };
    };
    const raw = await ask();
    await lower();
    const lowered = await ask();
    assert.ok(Math.abs(lowered.ratio - raw.ratio) < 0.02 * raw.ratio, `${raw.ratio} → ${lowered.ratio}`);
    assert.equal(lowered.short, raw.short, 'rates of five minutes have their two samples');
  });

  test(`${name}: partitions that are not old enough stay as they are`, async () => {
    const young = counter(5).map(point => ({ ...point, at: point.at + 10 * 24 * hour }));
    await fill([{ metric: 'requests_total', type: 'counter', points: young }]);
    assert.deepEqual(await lower(), []);
    assert.equal((await stored()).get(1)?.length, young.length);
  });

  test(`${name}: native histograms keep the last of each interval and the last before a reset`, async () => {
    let rows = '';
    for (let n = 0; n < 480; n++) {
      const count = n < 243 ? n : n - 243;
      rows += `[7,${begin + n * step},3,0.001,0,${count},${count * 2},[1,2],[${count},${count}],[],[],[],0]\n`;
    }
    await store().insert('nines_histograms', columns.nines_histograms, new TextEncoder().encode(rows));
    await lower();
    const kept = await store().query<{ at: number; count: number; counts: number[] }>(
      'SELECT toUnixTimestamp64Milli(ts) AS at, count, positive_count AS counts FROM nines_histograms ORDER BY at',
    );
    const total = kept.reduce(
      (sum, { count }, n) =>
        sum + (n === 0 ? 0 : count < kept[n - 1]!.count ? count : count - kept[n - 1]!.count),
      0,
    );
    assert.equal(total, 242 + 236);
    assert.ok(kept.length < 70);
    assert.ok(
      kept.every(({ count, counts }) => counts[0] === count && counts[1] === count),
      'rows stay whole',
    );
  });
}

const RETENTION_MS = 20_000;

/** A retention that changes holds for what is stored already, on every engine. */
export function retentionContract(name: string, store: () => Store): void {
  const day = 86_400_000;
  const openWith = async (days: number) => {
    const kept = milliseconds(days * day);
    const telemetry = new Telemetry(telemetryKernel(), {
      store: store(),
      retention: { metrics: kept, logs: kept, traces: kept },
    });
    await telemetry.open();
  };
  const count = async () => {
    const [row] = await store().query<{ samples: number; logs: number }>(
      'SELECT (SELECT count() FROM nines_samples) AS samples, (SELECT count() FROM otel_logs) AS logs',
    );
    return row!;
  };

  test(`${name}: a retention that gets longer keeps, and one that gets shorter drops, what is stored already`, async () => {
    await openWith(30);
    await emptied(store());
    await store().exec(
      `INSERT INTO nines_samples SELECT 1, now() - toIntervalDay(20) + number, 1, 0 FROM numbers(100)`,
    );
    await store().exec(
      `INSERT INTO otel_logs (Timestamp, Body) SELECT now() - toIntervalDay(20) + number, 'a line' FROM numbers(100)`,
    );
    await openWith(60);
    const [longer] = await store().query<{ least: number }>(
      `SELECT min(toUnixTimestamp(delete_ttl_info_min)) AS least FROM system.parts
       WHERE database = currentDatabase() AND active AND table IN ('nines_samples', 'otel_logs')`,
    );
    assert.ok(longer!.least * 1000 > Date.now() + 30 * day, 'the parts know of the longer retention');
    assert.deepEqual(await count(), { samples: 100, logs: 100 });
    await openWith(10);
    const deadline = Date.now() + RETENTION_MS;
    while ((await count()).samples + (await count()).logs > 0 && Date.now() < deadline)
      await new Promise(resolve => setTimeout(resolve, 100));
    assert.deepEqual(await count(), { samples: 0, logs: 0 });
  });
}

/** What the disk's bound measures and drops, on every engine. */
export function diskContract(name: string, store: () => Store): void {
  test(`${name}: partitions are measured with their bytes, rows and times, and dropped one at a time`, async () => {
    const telemetry = new Telemetry(telemetryKernel(), { store: store() });
    await telemetry.open();
    await emptied(store());
    const day = Date.UTC(2026, 0, 1);
    for (const days of [0, 1, 2])
      await store().exec(
        `INSERT INTO otel_logs (Timestamp, Body) SELECT fromUnixTimestamp64Milli(${day + days * 86_400_000} + toInt64(number)), 'a line' FROM numbers(100)`,
      );
    const logs = async () =>
      (await measureDisk(store(), undefined)).partitions
        .filter(one => one.table === 'otel_logs')
        .sort((a, b) => a.oldest - b.oldest);
    const before = await logs();
    assert.deepEqual(
      before.map(({ signal, rows, oldest }) => ({ signal, rows, oldest })),
      [0, 1, 2].map(days => ({ signal: 'logs', rows: 100, oldest: day + days * 86_400_000 })),
    );
    assert.ok(before.every(({ bytes, newest, oldest }) => bytes > 0 && newest >= oldest));
    const { state } = await measureDisk(store(), undefined);
    assert.ok(state.used > 0 && state.free > 0 && state.total > state.free);
    await dropPartition(store(), before[0]!);
    assert.deepEqual(
      (await logs()).map(one => one.id),
      before.slice(1).map(one => one.id),
    );
    assert.deepEqual(
      await store().query('SELECT count() AS rows, min(toDate(Timestamp)) AS first FROM otel_logs'),
      [{ rows: 200, first: '2026-01-02' }],
    );
  });
}
