import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type ExposedSample, type ExpositionFormat, parseExposition, parseSeries } from './exposition.ts';

// Prometheus's own test data: test/fixtures/textparse.

interface Case {
  name: string;
  format: ExpositionFormat;
  input?: string;
  base64?: string;
  error?: string;
  expected?: {
    labels: Record<string, string>;
    value: number;
    at?: number;
    exemplar?: ExposedSample['exemplar'];
  }[];
}

const folder = new URL('../../../test/fixtures/textparse/', import.meta.url);
const file = (name: string) => readFileSync(new URL(name, folder), 'utf8');
const { cases } = JSON.parse(file('cases.json')) as { cases: Case[] };

/** The cases in which Nines answers otherwise than Prometheus 2.42, each with its reason. */
const otherwise: Record<string, [verdict: 'taken' | 'refused', why: string]> = {
  'TestOpenMetricsParseErrors/37': ['taken', 'a comma after the last label, which Prometheus 3 takes'],
};

function read({ input, base64, format }: Case) {
  const body = base64 === undefined ? Buffer.from(input ?? '') : Buffer.from(base64, 'base64');
  // As a scrape does, before the text is looked at.
  if (!isUtf8(body)) throw new Error('the body is not UTF-8');
  return parseExposition(body.toString('utf8'), format).samples.map(({ series, numeric, ...rest }) => ({
    labels: Object.fromEntries(parseSeries(series, numeric)),
    ...rest,
  }));
}

test('the test data is there', () => {
  assert.equal(cases.length, 106);
});

for (const one of cases) {
  const { name, error, expected } = one;
  const wanted =
    otherwise[name]?.[0] ?? (error === undefined || error === '' || error === 'EOF' ? 'taken' : 'refused');
  test(`${name} is ${wanted}${otherwise[name] === undefined ? '' : `: ${otherwise[name][1]}`}`, () => {
    if (wanted === 'refused') assert.throws(() => read(one));
    else {
      const samples = read(one);
      if (expected === undefined) return;
      // Prometheus 3 writes the numbers of quantiles and buckets in one way, which 2.42 did not.
      const plain = (labels: Record<string, string>) =>
        'quantile' in labels
          ? { ...labels, quantile: labels.quantile === '0' ? '0.0' : labels.quantile }
          : labels;
      assert.deepEqual(
        samples,
        expected.map(({ labels, ...rest }) => ({ labels: plain(labels), ...rest })),
      );
    }
  });
}

test('a real scrape of Prometheus is read whole, with its metadata and without', () => {
  const full = parseExposition(file('promtestdata.txt'), 'text');
  const bare = parseExposition(file('promtestdata.nometa.txt'), 'text');
  assert.equal(full.samples.length, 410);
  assert.equal(full.metadata.length, 59);
  assert.equal(bare.metadata.length, 0);
  assert.deepEqual(
    bare.samples.map(({ series, value }) => [series, value]),
    full.samples.map(({ series, value }) => [series, value]),
  );
  for (const { series, numeric } of full.samples)
    for (const [name, value] of parseSeries(series, numeric)) assert.ok(name !== '' && value !== undefined);
});
