import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { declared } from '../../../test/kit/declared.ts';
import { MemorySeries } from '../../../test/kit/memory-metrics.ts';
import { checkFiles } from '../../catalog/index.ts';
import { type Instant, instant } from '../../kernel/index.ts';
import { startedKernel, type TestKernel } from '../../kernel/testing.ts';
import { sloKinds } from '../kinds.ts';
import { overrideMigrations } from '../override-store.ts';
import { Slos } from '../slos.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.parse('2026-03-10T00:00:00.000Z');

let kernel: TestKernel;
before(async () => {
  kernel = await startedKernel(overrideMigrations, { log: 'silent' });
});
after(() => kernel.stop());

/** What happens in each minute: how many requests, how many of them bad, and the values of two gauges. */
interface Minute {
  total: number;
  bad: number;
  latency: number;
  ratio: number;
}

/** Series of so many minutes, of which the first sample is nothing yet. */
function series(minutes: number, at: (minute: number) => Partial<Minute>): MemorySeries {
  const all = new MemorySeries();
  let total = 0;
  let bad = 0;
  for (let minute = 0; minute <= minutes; minute++) {
    const now = { total: 0, bad: 0, latency: 0, ratio: 1, ...(minute === 0 ? {} : at(minute)) };
    total += now.total;
    bad += now.bad;
    const time = START + minute * MINUTE;
    all.add('all_total', {}, time, total);
    all.add('bad_total', {}, time, bad);
    all.add('good_total', {}, time, total - bad);
    all.add('latency', {}, time, now.latency);
    all.add('availability_ratio', {}, time, now.ratio);
  }
  return all;
}

/** The SLOs of a file as a user writes it. */
function open(text: string, metrics: MemorySeries): Slos {
  const { resources, problems } = checkFiles([{ path: 'slo.yaml', text }], sloKinds);
  assert.deepEqual(problems, []);
  const late = { ...kernel, events: { on: () => {} } } as unknown as TestKernel;
  return new Slos(late, declared(resources), { metrics: metrics.metrics() });
}

function slo(indicator: string, objective: string, more = ''): string {
  return `apiVersion: openslo/v1
kind: SLO
metadata: { name: promise }
spec:
  service: shop
  ${indicator}
  objectives: [${objective}]
  ${more || 'timeWindow: [{ duration: 2h, isRolling: true }]\n  budgetingMethod: Occurrences'}
`;
}

const metric = (query: string) => `{ metricSource: { type: Prometheus, spec: { query: '${query}' } } }`;
const inline = (spec: string) => `indicator: { metadata: { name: measured }, spec: { ${spec} } }`;
const BAD = inline(
  `ratioMetric: { counter: true, bad: ${metric('bad_total')}, total: ${metric('all_total')} }`,
);
const GOOD = inline(
  `ratioMetric: { counter: true, good: ${metric('good_total')}, total: ${metric('all_total')} }`,
);
const RAW = inline(`ratioMetric: { rawType: success, raw: ${metric('availability_ratio')} }`);
const RAW_BAD = inline(`ratioMetric: { rawType: failure, raw: ${metric('1 - availability_ratio')} }`);
const LATENCY = inline(`thresholdMetric: ${metric('latency')}`);
const SLICES = `timeWindow: [{ duration: 2h, isRolling: true }]\n  budgetingMethod: Timeslices`;
const RATIO_SLICES = `timeWindow: [{ duration: 2h, isRolling: true }]\n  budgetingMethod: RatioTimeslices`;
const END = instant(START + 2 * HOUR);

async function sli(text: string, metrics: MemorySeries, at: Instant = END): Promise<number> {
  return (await open(text, metrics).status('promise', at)).sli!;
}

function near(value: number, expected: number): void {
  assert.ok(Math.abs(value - expected) < 0.0005, `${value}, expected ${expected}`);
}

/** A quarter of an hour in two in which a fifth of the requests fail: 300 of 12,000. */
const outage = (minute: number) => ({ total: 100, bad: minute > 60 && minute <= 75 ? 20 : 0 });

test('bad ÷ total and good ÷ total are the same', async () => {
  const metrics = series(120, outage);
  near(await sli(slo(BAD, '{ target: 0.99 }'), metrics), 1 - 300 / 12_000);
  near(await sli(slo(GOOD, '{ targetPercent: 99 }'), metrics), 1 - 300 / 12_000);
});

test('a ratio made elsewhere is averaged over the time, of successes and of failures', async () => {
  const metrics = series(120, minute => ({ ratio: minute > 90 ? 0.8 : 1 }));
  near(await sli(slo(RAW, '{ target: 0.99 }'), metrics), 0.95);
  near(await sli(slo(RAW_BAD, '{ target: 0.99 }'), metrics), 0.95);
});

const comparisons: [op: string, good: number][] = [
  ['lt', 0.5],
  ['lte', 0.75],
  ['gt', 0.25],
  ['gte', 0.5],
];
for (const [op, good] of comparisons)
  test(`looks at a value are good by ${op}`, async () => {
    // Half of the time 100, a quarter 200, a quarter 300.
    const metrics = series(120, minute => ({ latency: minute <= 60 ? 100 : minute <= 90 ? 200 : 300 }));
    near(await sli(slo(LATENCY, `{ op: ${op}, value: 200, target: 0.5 }`), metrics), good);
  });

test('a slice is bad when its share of good is under its target, whatever its traffic', async () => {
  // Of 24 slices of five minutes three have 20 % errors; the traffic of those is a tenth.
  const metrics = series(120, minute =>
    minute > 60 && minute <= 75 ? { total: 10, bad: 2 } : { total: 100, bad: 1 },
  );
  const objective = (target: number) => `{ target: 0.9, timeSliceTarget: ${target}, timeSliceWindow: 5m }`;
  near(await sli(slo(BAD, objective(0.9), SLICES), metrics), 21 / 24);
  near(await sli(slo(BAD, objective(0.8), SLICES), metrics), 1);
  near(await sli(slo(BAD, objective(0.995), SLICES), metrics), 0);
  near(
    await sli(slo(BAD, '{ target: 0.9, timeSliceTarget: 0.9, timeSliceWindow: 5 }', SLICES), metrics),
    21 / 24,
  );
});

test('ratio slices weigh the same, where occurrences weigh by traffic', async () => {
  const metrics = series(120, minute =>
    minute > 60 && minute <= 75 ? { total: 1000, bad: 500 } : { total: 100, bad: 0 },
  );
  const objective = '{ target: 0.9, timeSliceWindow: 5m }';
  near(await sli(slo(BAD, objective, RATIO_SLICES), metrics), 1 - (3 * 0.5) / 24);
  near(await sli(slo(BAD, '{ target: 0.9 }'), metrics), 1 - 7500 / (15 * 1000 + 105 * 100));
});

test('slices of a value that is compared are those in which enough looks were good', async () => {
  const metrics = series(120, minute => ({ latency: minute > 60 && minute <= 75 ? 300 : 100 }));
  const objective = '{ op: lte, value: 200, target: 0.8, timeSliceTarget: 0.9, timeSliceWindow: 5m }';
  near(await sli(slo(LATENCY, objective, SLICES), metrics), 21 / 24);
});

test('a part of a composite is evaluated by its own indicator, inline or by reference', async () => {
  const parts = `{ target: 0.9, compositeWeight: 3, indicatorRef: errors },
    { target: 0.9, compositeWeight: 1, op: lte, value: 200, ${LATENCY} }`;
  const text = `${slo('description: two parts', parts)}---
apiVersion: openslo/v1
kind: SLI
metadata: { name: errors }
spec: { ratioMetric: { counter: true, bad: ${metric('bad_total')}, total: ${metric('all_total')} } }
`;
  const metrics = series(120, minute => ({ ...outage(minute), latency: minute <= 108 ? 100 : 300 }));
  const slos = open(text, metrics);
  near((await slos.status('promise/1', END)).sli!, 1 - 0.025);
  near((await slos.status('promise/2', END)).sli!, 0.9);
  near((await slos.status('promise', END)).sli!, 1 - (3 * 0.025 + 0.1) / 4);
});

test('a calendar window is counted from the start of its day in its time zone', async () => {
  // In New York a day begins at 04:00 UTC since the summer time of 8 March.
  const day = (start: string) =>
    `timeWindow: [{ duration: 1d, calendar: { startTime: ${start}, timeZone: America/New_York } }]\n  budgetingMethod: Occurrences`;
  const metrics = series(8 * 60, minute => ({ total: 10, bad: minute <= 4 * 60 ? 1 : 0 }));
  const before = instant(START + 4 * HOUR - MINUTE);
  const later = instant(START + 5 * HOUR);
  near(await sli(slo(BAD, '{ target: 0.9 }', day('2026-01-01 00:00:00')), metrics, before), 0.9);
  near(await sli(slo(BAD, '{ target: 0.9 }', day('2026-01-01 00:00:00')), metrics, later), 1);
  // One that begins at 23:00 local time began an hour before.
  near(await sli(slo(BAD, '{ target: 0.9 }', day('2026-01-01 23:00:00')), metrics, later), 0.95);
});

test('an SLO of the first version is evaluated as the one that it stands for', async () => {
  const text = `apiVersion: openslo/v1alpha
kind: SLO
metadata: { name: promise }
spec:
  service: shop
  timeWindows: [{ unit: Second, count: 7200, isRolling: true }]
  budgetingMethod: Occurrences
  objectives:
    - target: 0.99
      value: 1
      ratioMetrics:
        incremental: true
        good: { source: prometheus, queryType: promql, query: good_total }
        total: { source: prometheus, queryType: promql, query: all_total }
`;
  near(await sli(text, series(120, outage)), 1 - 300 / 12_000);
});
