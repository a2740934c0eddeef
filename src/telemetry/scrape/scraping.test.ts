import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { testAuthority } from '../../../test/kit/certificates.ts';
import { KubernetesApiServer } from '../../../test/kit/kubernetes-api.ts';
import { type Clock, createLog, createMetrics, instant, type Kernel } from '../../kernel/index.ts';
import type { WriteRequest } from '../remote-write/message.ts';
import { Telemetry } from '../telemetry.ts';
import { emptied, telemetryKernel, testStore } from '../testing.ts';
import { ScrapeConfig, ScrapingConfig } from './config.ts';
import { Scraping } from './scraping.ts';
import { targetsOf } from './target.ts';
import { TargetScrape } from './target-scrape.ts';
import { type Page, pages, shown, t0 } from './testing.ts';
import { fetchWith } from './tls.ts';

const store = await testStore();
const folder = mkdtempSync(join(tmpdir(), 'nines-scrape-'));
after(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** Time that a test moves; who sleeps wakes in order. */
class ManualClock implements Clock {
  at = t0;
  readonly #sleepers = new Set<{ due: number; wake: () => void }>();

  now(): number {
    return this.at;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper = { due: this.at + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper);
        reject(new DOMException('The operation was aborted.', 'AbortError'));
      });
    });
  }

  async advance(ms: number): Promise<void> {
    const until = this.at + ms;
    for (;;) {
      for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve));
      const [next] = [...this.#sleepers].filter(({ due }) => due <= until).sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#sleepers.delete(next);
      this.at = Math.max(this.at, next.due);
      next.wake();
    }
    this.at = until;
  }
}

function scraping(scrape_configs: object[], fetching: typeof fetch, mayScrape?: () => boolean) {
  const clock = new ManualClock();
  const requests: WriteRequest[] = [];
  const all = new Scraping(ScrapingConfig.parse({ global: { scrape_interval: '15s' }, scrape_configs }), {
    clock,
    log: createLog('silent'),
    metrics: createMetrics(),
    append: async request => {
      requests.push(request);
      return { rejected: { total: 0, message: '' } };
    },
    fetch: fetching,
    ...(mayScrape === undefined ? {} : { mayScrape }),
  });
  return { clock, requests, all };
}

test('each target is scraped once an interval', async () => {
  const static_configs = [{ targets: ['a:1', 'b:1'] }];
  const { clock, requests, all } = scraping(
    [{ job_name: 'x', static_configs }],
    pages({ '/metrics': 'm 1\n' }).fetching,
  );
  all.start();
  await clock.advance(60_000);
  assert.equal(requests.length, 8);
  const times = requests.map(({ series }) => series[0]?.samples[0]?.at);
  assert.equal(new Set(times).size, 8, 'the targets have different offsets');
  const { activeTargets } = all.targets('') as { activeTargets: { health: string; scrapeUrl: string }[] };
  assert.deepEqual(
    activeTargets.map(({ health }) => health),
    ['up', 'up'],
  );
  await all.stop();
  await clock.advance(60_000);
  assert.equal(requests.length, 8);
});

test('who does not hold the lease does not scrape', async () => {
  let may = false;
  const config = { job_name: 'x', static_configs: [{ targets: ['a:1'] }] };
  const { clock, requests, all } = scraping([config], pages({ '/metrics': 'm 1\n' }).fetching, () => may);
  all.start();
  await clock.advance(30_000);
  assert.equal(requests.length, 0);
  may = true;
  await clock.advance(30_000);
  assert.equal(requests.length, 2);
  await all.stop();
});

test('targets come from a server, and one that is gone has ended', async () => {
  let found: Page = JSON.stringify([{ targets: ['a:1'], labels: { zone: 'z' } }]);
  const { fetching } = pages({ '/metrics': 'm 1\n', 'http://sd.example/list': () => found });
  const http_sd_configs = [{ url: 'http://sd.example/list', refresh_interval: '30s' }];
  const { clock, requests, all } = scraping([{ job_name: 'x', http_sd_configs }], fetching);
  all.start();
  await clock.advance(29_000);
  assert.ok(requests.length > 0);
  assert.deepEqual(requests[0]?.series[0]?.labels.slice(0, 3), [
    ['__name__', 'm'],
    ['job', 'x'],
    ['zone', 'z'],
  ]);
  found = { status: 503 };
  await clock.advance(31_000);
  const before = requests.length;
  await clock.advance(15_000);
  assert.equal(requests.length, before + 1, 'what was found last counts while it cannot be found anew');
  found = '[]';
  await clock.advance(30_000);
  const last = shown(requests.at(-1)!, { reports: true });
  assert.equal(last.length, 6);
  assert.ok(
    last.every(line => line.includes('stale')),
    last.join('\n'),
  );
  const count = requests.length;
  await clock.advance(60_000);
  assert.equal(requests.length, count);
  await all.stop();
});

test('targets come from files, in YAML or JSON', async () => {
  writeFileSync(join(folder, 'one.yml'), '- targets: [a:1]\n  labels: { team: x }\n');
  writeFileSync(join(folder, 'two.json'), '[{ "targets": ["b:1"] }]');
  const file_sd_configs = [{ files: [join(folder, '*.yml'), join(folder, '*.json')] }];
  const { asked, fetching } = pages({ '/metrics': 'm 1\n' });
  const { clock, all } = scraping([{ job_name: 'x', file_sd_configs }], fetching);
  all.start();
  // Files are read in real time, which the clock of the test knows nothing of.
  for (let i = 0; i < 200 && (all.targets('') as { activeTargets: unknown[] }).activeTargets.length < 2; i++)
    await new Promise(resolve => setTimeout(resolve, 10));
  await clock.advance(15_000);
  assert.deepEqual(asked.map(({ url }) => url).sort(), ['http://a:1/metrics', 'http://b:1/metrics']);
  await all.stop();
});

test('the pods of a cluster are scraped, by annotations as the usual configuration has it, and one that is gone has ended', async () => {
  const cluster = new KubernetesApiServer();
  const url = await cluster.listen();
  const pod = (name: string, ip: string, scrape: string): Pod => ({
    metadata: {
      name,
      namespace: 'shop',
      annotations: { 'prometheus.io/scrape': scrape, 'prometheus.io/port': '9100' },
    },
    spec: { containers: [{ name: 'web', image: 'x', ports: [{ containerPort: 80 }] }] },
    status: { podIP: ip, phase: 'Running' },
  });
  cluster.put('pods', pod('front', '10.0.0.1', 'true'));
  cluster.put('pods', pod('back', '10.0.0.2', 'false'));
  const annotation = '__meta_kubernetes_pod_annotation_prometheus_io_';
  const relabel_configs = [
    { source_labels: [`${annotation}scrape`], action: 'keep', regex: 'true' },
    {
      source_labels: ['__address__', `${annotation}port`],
      regex: '([^:]+)(?::\\d+)?;(\\d+)',
      replacement: '$1:$2',
      target_label: '__address__',
    },
    { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
  ];
  const { asked, fetching } = pages({ '/metrics': 'm 1\n' });
  const { clock, requests, all } = scraping(
    [{ job_name: 'pods', kubernetes_sd_configs: [{ role: 'pod', api_server: url }], relabel_configs }],
    fetching,
  );
  all.start();
  const targets = () => (all.targets('') as { activeTargets: unknown[] }).activeTargets.length;
  const until = async (holds: () => boolean) => {
    for (let i = 0; i < 500 && !holds(); i++) {
      await new Promise(resolve => setTimeout(resolve, 5));
      await clock.advance(200);
    }
    assert.ok(holds());
  };
  await until(() => targets() === 1);
  await clock.advance(15_000);
  assert.equal(asked[0]?.url, 'http://10.0.0.1:9100/metrics');
  assert.ok(requests[0]?.series[0]?.labels.some(([name, value]) => name === 'pod' && value === 'front'));
  cluster.delete('pods', 'shop', 'front');
  await until(() => targets() === 0);
  assert.ok(shown(requests.at(-1)!, { reports: true }).every(line => line.includes('stale')));
  await all.stop();
  cluster.close();
});

test('a target of an authority of its own is scraped over TLS, with a token from a file', async t => {
  const authority = await testAuthority();
  const day = 86_400_000;
  const [from, to] = [new Date(Date.now() - day), new Date(Date.now() + day)];
  const { cert, key } = await authority.issue({ names: ['kubelet.example'], from, to });
  const server = createHttpsServer({ cert, key }, (request, response) => {
    response.setHeader('content-type', 'application/openmetrics-text; version=1.0.0');
    response.end(`m{who="${request.headers.authorization}"} 1\n# EOF\n`);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const [ca_file, credentials_file] = [join(folder, 'ca.pem'), join(folder, 'token')];
  writeFileSync(ca_file, authority.ca);
  writeFileSync(credentials_file, 'secret\n');
  const job = {
    scheme: 'https',
    authorization: { credentials_file },
    static_configs: [{ targets: [`127.0.0.1:${(server.address() as AddressInfo).port}`] }],
  };
  const scraped = async (tls_config: object) => {
    const config = ScrapeConfig.parse({ job_name: 'k', ...job, tls_config });
    const { active } = targetsOf(config, { intervalMs: 15_000, timeoutMs: 10_000 }, config.static_configs);
    return new TargetScrape(active[0]!, config, fetchWith(config.tls_config!, fetch)).scrape(
      t0,
      AbortSignal.timeout(10_000),
    );
  };
  const good = await scraped({ ca_file, server_name: 'kubelet.example' });
  assert.equal(good.error, undefined);
  assert.deepEqual(good.request.series[0]?.labels[1], ['who', 'Bearer secret']);
  assert.match((await scraped({ ca_file })).error ?? '', /does not match certificate's altnames/);
  assert.match((await scraped({ server_name: 'kubelet.example' })).error ?? '', /certificate/);
  assert.equal((await scraped({ insecure_skip_verify: true })).ok, true);
});

test('telemetry scrapes, stores and answers', async () => {
  await emptied(store);
  const clock = new ManualClock();
  let body = '# HELP m_total Things.\n# TYPE m_total counter\nm_total{code="200"} 5\nold 1\n';
  const kernel = {
    ...telemetryKernel(),
    clock,
    loops: { start: ({ run }: { run: (now: number) => Promise<void> }) => void run(Number.MAX_SAFE_INTEGER) },
  } as unknown as Kernel;
  const { fetching } = pages({ '/metrics': () => body });
  const real = globalThis.fetch;
  globalThis.fetch = fetching;
  const scrape_configs = [{ job_name: 'shop', static_configs: [{ targets: ['a:1'] }] }];
  const telemetry = new Telemetry(kernel, {
    store,
    limits: { maxWaitMs: 1 },
    scrape: ScrapingConfig.parse({ global: { scrape_interval: '15s' }, scrape_configs }),
  });
  globalThis.fetch = real;
  await telemetry.start();
  const ask = async (query: string) =>
    (await telemetry.metrics.instant(query, instant(clock.now()))).samples.map(({ labels, value }) => [
      labels,
      value,
    ]);
  const until = async (query: string, count: number) => {
    for (let i = 0; i < 500 && (await ask(query)).length !== count; i++)
      await new Promise(resolve => setTimeout(resolve, 10));
    assert.equal((await ask(query)).length, count, query);
  };
  await clock.advance(15_000);
  await until('up', 1);
  const target = { job: 'shop', instance: 'a:1' };
  assert.deepEqual(await ask('m_total'), [[{ __name__: 'm_total', code: '200', ...target }, 5]]);
  assert.deepEqual(await ask('up'), [[{ __name__: 'up', ...target }, 1]]);
  await until('old', 1);
  body = 'm_total{code="200"} 6\n';
  await clock.advance(15_000);
  await until('old', 0);
  assert.deepEqual(await ask('m_total'), [[{ __name__: 'm_total', code: '200', ...target }, 6]]);
  const api = telemetry.prometheus({ version: '0' });
  const { body: targets } = await api.read({ path: 'targets', params: new URLSearchParams() });
  assert.match(targets, /"scrapePool":"shop"/);
  await telemetry.stop();
});
