import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant, milliseconds } from '../../kernel/index.ts';
import type { MetricsSource } from '../metrics.ts';
import type { Series } from '../promql/index.ts';

/** The samples that a source holds for the contract: 10 minutes up to `endMs`, one each 15 s. */
export function contractSeries(endMs: number): Pick<Series, 'labels' | 'timestamps' | 'values'>[] {
  const timestamps = Float64Array.from({ length: 41 }, (_, i) => endMs - 600_000 + i * 15_000);
  const series = (labels: Record<string, string>, value: (i: number) => number) => ({
    labels,
    timestamps,
    values: Float64Array.from(timestamps, (_, i) => value(i)),
  });
  return [
    series({ __name__: 'contract_requests_total', service: 'payments', code: '200' }, i => i * 30),
    series({ __name__: 'contract_requests_total', service: 'payments', code: '500' }, i => i * 3),
    series({ __name__: 'contract_requests_total', service: 'cart', code: '200' }, i => i * 15),
    series({ __name__: 'contract_level', service: 'cart' }, i =>
      i === 40 ? Number.POSITIVE_INFINITY : i / 4,
    ),
  ];
}

/** What every source of metrics does, whichever engine holds the samples of `contractSeries`. */
export function sourceContract(
  name: string,
  source: () => MetricsSource,
  endMs: () => number,
  options: { skip?: string } = {},
): void {
  const skip = options.skip ?? false;
  const contract = (what: string, run: () => Promise<void>) => test(`${name}: ${what}`, { skip }, run);
  const at = (ms = 0) => instant(endMs() + ms);

  contract('an instant vector has labels and values', async () => {
    const { samples, warnings } = await source().instant('sum by (service) (contract_requests_total)', at());
    const found = samples.map(({ labels, value }) => [labels.service, value]).sort();
    assert.deepEqual(found, [
      ['cart', 600],
      ['payments', 1320],
    ]);
    assert.deepEqual(warnings, []);
  });

  contract('a scalar is a scalar, and infinities are numbers', async () => {
    assert.deepEqual(await source().instant('1.5 * 2', at()), { samples: [], scalar: 3, warnings: [] });
    const { samples } = await source().instant('contract_level', at());
    assert.equal(samples[0]?.value, Number.POSITIVE_INFINITY);
  });

  contract('no sample is no sample, not zero', async () => {
    assert.deepEqual((await source().instant('contract_absent', at())).samples, []);
    assert.deepEqual((await source().instant('contract_level', at(-7_200_000))).samples, []);
  });

  contract('a rate over a range has a point a step, both ends included', async () => {
    const { series } = await source().range('sum(rate(contract_requests_total{code="500"}[2m]))', {
      from: at(-120_000),
      to: at(),
      step: milliseconds(60_000),
    });
    assert.equal(series.length, 1);
    assert.deepEqual(
      series[0]?.points.map(([time]) => time - endMs()),
      [-120_000, -60_000, 0],
    );
    for (const [, value] of series[0]?.points ?? []) assert.ok(Math.abs(value - 0.2) < 1e-9, String(value));
  });

  contract('a range without samples is no series', async () => {
    const window = { from: at(-60_000), to: at(), step: milliseconds(15_000) };
    assert.deepEqual((await source().range('contract_absent', window)).series, []);
  });

  contract('what is no PromQL is a fault that says where', async () => {
    await assert.rejects(source().instant('sum(', at()), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'invalid');
      assert.match(error.message, /^PromQL: 1:5: parse error: unclosed left parenthesis/);
      return true;
    });
  });

  contract('what cannot be evaluated is a fault', async () => {
    const query = 'contract_requests_total * on (service) contract_requests_total';
    await assert.rejects(source().instant(query, at()), { code: 'invalid' });
  });

  contract('a range vector is no answer for an instant', async () => {
    await assert.rejects(source().instant('contract_level[1m]', at()), { code: 'invalid' });
  });

  contract('series, label names and values follow selectors and the window', async () => {
    const window = { from: at(-600_000), to: at() };
    const selectors = ['contract_requests_total{code="500"}', 'contract_level'];
    const found = await source().series(selectors, window);
    assert.deepEqual(found.map(({ __name__ }) => __name__).sort(), [
      'contract_level',
      'contract_requests_total',
    ]);
    assert.deepEqual(await source().labelNames(selectors, window), ['__name__', 'code', 'service']);
    assert.deepEqual(await source().labelValues('service', selectors, window), ['cart', 'payments']);
    assert.deepEqual(await source().labelValues('service', ['contract_absent'], window), []);
  });

  contract('a query that was given up is a fault of its own', async () => {
    const given = source().instant('contract_level', at(), { signal: AbortSignal.abort() });
    await assert.rejects(given, { code: 'cancelled' });
  });
}
