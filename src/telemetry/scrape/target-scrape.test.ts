import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScrapeConfig } from './config.ts';
import { targetsOf } from './target.ts';
import { TargetScrape } from './target-scrape.ts';
import { type Page, pages, shown, t0 } from './testing.ts';

function scrapeOf(fetching: typeof fetch, more: object = {}) {
  const job = ScrapeConfig.parse({ job_name: 'shop', static_configs: [{ targets: ['a:1'] }], ...more });
  const { active } = targetsOf(job, { intervalMs: 15_000, timeoutMs: 10_000 }, job.static_configs);
  return new TargetScrape(active[0]!, job, fetching);
}

const signal = new AbortController().signal;

test('a series that a target shows no more has ended', async () => {
  let body = 'a{x="1"} 1\nb 2\n';
  const scrape = scrapeOf(pages({ '/metrics': () => body }).fetching);
  assert.deepEqual(shown((await scrape.scrape(t0, signal)).request), ['a{x=1} 1@0', 'b{} 2@0']);
  body = 'b 3\n';
  assert.deepEqual(shown((await scrape.scrape(t0 + 15_000, signal)).request), [
    'b{} 3@15',
    'a{x=1} stale@15',
  ]);
  assert.deepEqual(shown((await scrape.scrape(t0 + 30_000, signal)).request), ['b{} 3@30']);
});

const failing: [what: string, page: Page, more: object, error: RegExp][] = [
  ['answers with an error', { status: 500 }, {}, /HTTP status 500/],
  ['answers with no metrics', '<html>', {}, /line 1/],
  ['has more samples than it may', 'a 1\nb 1\n', { sample_limit: 1 }, /sample_limit \(1\)/],
  ['sends too much', 'a'.repeat(2000), { body_size_limit: 1000 }, /larger than 1000 bytes/],
];
for (const [what, page, more, error] of failing)
  test(`a target that ${what} is down, and its series have ended`, async () => {
    let now: Page = 'a 1\n';
    const scrape = scrapeOf(pages({ '/metrics': () => now }).fetching, more);
    await scrape.scrape(t0, signal);
    now = page;
    const { ok, error: why, request } = await scrape.scrape(t0 + 15_000, signal);
    assert.equal(ok, false);
    assert.match(why ?? '', error);
    const all = shown(request, { reports: true });
    assert.ok(all.includes('a{} stale@15') && all.includes('up{} 0@15'), all.join('\n'));
  });

test('a target that cannot be reached says why', async () => {
  const { ok, error } = await scrapeOf(pages({}).fetching).scrape(t0, signal);
  assert.deepEqual([ok, error], [false, 'connection refused']);
});

test('every scrape tells of itself', async () => {
  const more = { metric_relabel_configs: [{ source_labels: ['__name__'], regex: 'go_.*', action: 'drop' }] };
  const scrape = scrapeOf(pages({ '/metrics': 'a 1\ngo_gc 1\n' }).fetching, more);
  const { request } = await scrape.scrape(t0, signal);
  const all = shown(request, { reports: true });
  assert.deepEqual(
    all.filter(line => !line.startsWith('scrape_duration')),
    [
      'a{} 1@0',
      'up{} 1@0',
      'scrape_samples_scraped{} 2@0',
      'scrape_samples_post_metric_relabeling{} 1@0',
      'scrape_series_added{} 1@0',
    ],
  );
  assert.deepEqual(request.series[0]?.labels, [
    ['__name__', 'a'],
    ['job', 'shop'],
    ['instance', 'a:1'],
  ]);
});

test('times of the target count where they are honoured', async () => {
  const body = `a 1 ${t0 - 5000}\n`;
  const own = scrapeOf(pages({ '/metrics': body }).fetching);
  assert.deepEqual(shown((await own.scrape(t0, signal)).request), ['a{} 1@-5']);
  const not = scrapeOf(pages({ '/metrics': body }).fetching, { honor_timestamps: false });
  assert.deepEqual(shown((await not.scrape(t0, signal)).request), ['a{} 1@0']);
});

test('a target is asked as it is configured', async () => {
  const { asked, fetching } = pages({ '/m': 'a 1\n' });
  const basic_auth = { username: 'u', password: 'p' };
  await scrapeOf(fetching, { metrics_path: '/m', params: { x: ['1', '2'] }, basic_auth }).scrape(t0, signal);
  assert.equal(asked[0]?.url, 'http://a:1/m?x=1&x=2');
  assert.equal(asked[0]?.headers.get('authorization'), `Basic ${btoa('u:p')}`);
  assert.equal(asked[0]?.headers.get('x-prometheus-scrape-timeout-seconds'), '10');
});
