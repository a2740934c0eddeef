import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { openMetricsSource } from '../../../test/kit/openmetrics-series.ts';
import { absent, foldersWith } from '../../../test/kit/promql-data.ts';
import { runScript } from '../../../test/kit/promqltest/run.ts';
import { notPassing } from './conformance-exceptions.ts';
import { format, type Labels, labelsKey, parse, queryRange } from './index.ts';

const unzipped = (file: string) => gunzipSync(readFileSync(file)).toString();
const nameOf = (folder: string) => folder.split('/').at(-2);

const scripts = foldersWith('promqltest').flatMap(folder =>
  readdirSync(`${folder}promqltest`)
    .filter(file => file.endsWith('.test'))
    .map(file => ({ folder, file })),
);

test('Prometheus’ own engine tests are there to be run', {
  skip: absent(scripts.map(each => each.file)),
}, () => {
  assert.ok(scripts.length >= 20, `${scripts.length} files`);
});

for (const { folder, file } of scripts) {
  test(`the engine answers every statement of Prometheus’ ${file} (${nameOf(folder)}) as Prometheus does`, async () => {
    const outcomes = await runScript(readFileSync(`${folder}promqltest/${file}`, 'utf8'), {
      // The suite runs with these features switched on.
      delayedNameRemoval: true,
      startTimestamps: true,
    });
    assert.ok(outcomes.length > 0);
    const listed = new Set(notPassing.filter(each => each.file === file).map(each => each.line));
    const wrong = outcomes.filter(each => each.error !== undefined && !listed.has(each.line));
    assert.deepEqual(
      wrong.map(each => `${file}:${each.line} ${each.text}: ${each.error}`),
      [],
    );
    const mended = outcomes.filter(each => each.error === undefined && listed.has(each.line));
    assert.deepEqual(
      mended.map(each => each.line),
      [],
      'these pass now: take them off the list',
    );
    const lines = new Set(outcomes.map(each => each.line));
    assert.deepEqual(
      [...listed].filter(line => !lines.has(line)),
      [],
      'these are no statements of the file',
    );
  });
}

interface ExpectedQuery {
  readonly id: string;
  readonly query: string;
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly should_fail: boolean;
  readonly result: readonly { readonly metric: Labels; readonly values: readonly [number, string][] }[];
}

function close(a: number, b: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  return Math.abs(a - b) <= 1e-5 * Math.max(Math.abs(a), Math.abs(b));
}

const recorded = foldersWith('expected_range_queries.json.gz');
for (const folder of recorded)
  test(`range queries of Prometheus’ compliance suite (${nameOf(folder)}) give what Prometheus 2.42 gave`, async () => {
    const source = openMetricsSource(unzipped(`${folder}series.openmetrics.txt.gz`));
    const queries = JSON.parse(unzipped(`${folder}expected_range_queries.json.gz`)) as ExpectedQuery[];
    assert.ok(queries.length > 200);
    for (const { id, query, start, end, step, should_fail, result } of queries) {
      const range = { startMs: start * 1000, endMs: end * 1000, stepMs: step * 1000 };
      const answer = queryRange(source, query, range, { ranges: 'closed' });
      if (should_fail) {
        await assert.rejects(answer, `${id} ${query}`);
        continue;
      }
      const got = new Map((await answer).series.map(series => [labelsKey(series.labels), series]));
      assert.equal(got.size, result.length, `${id} ${query}: number of series`);
      for (const { metric, values } of result) {
        const series = got.get(labelsKey(metric));
        assert.ok(series, `${id} ${query}: no series ${JSON.stringify(metric)}`);
        assert.deepEqual(
          [...series.timestamps],
          values.map(([at]) => at * 1000),
          `${id} ${query}: times`,
        );
        for (const [i, [at, text]] of values.entries()) {
          const wanted = Number(text.replace('Inf', 'Infinity'));
          assert.ok(
            close(wanted, series.values[i]!),
            `${id} ${query} at ${at}: expected ${text}, got ${series.values[i]}`,
          );
        }
      }
    }
  });

for (const folder of foldersWith('awesome_prometheus_alerts_exprs.json.gz'))
  test(`alert expressions of awesome-prometheus-alerts (${nameOf(folder)}) parse, and print to text that parses to the same`, () => {
    const alerts = JSON.parse(unzipped(`${folder}awesome_prometheus_alerts_exprs.json.gz`)) as {
      alert: string;
      expr: string;
    }[];
    assert.ok(alerts.length > 400);
    for (const { expr } of alerts) {
      const printed = format(parse(expr));
      assert.equal(format(parse(printed)), printed, expr);
    }
  });
