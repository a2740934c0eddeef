import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { declared } from '../../../test/kit/declared.ts';
import type { Resource } from '../../catalog/index.ts';
import { createMetrics, type Fault } from '../../kernel/index.ts';
import { startedKernel, type TestKernel } from '../../kernel/testing.ts';
import type { WriteRequest } from '../remote-write/message.ts';
import type { ProbeState } from './probe-state.ts';
import { Probes } from './probes.ts';
import { probeMigrations } from './store.ts';
import { ProbesConfig, surroundings } from './surroundings.ts';

let kernel: TestKernel;
let status = 200;
const server = createServer((_, response) => response.writeHead(status).end());
let url = '';
before(async () => {
  kernel = await startedKernel(probeMigrations, { log: 'silent' });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  server.close();
  await kernel.stop();
});
beforeEach(async () => {
  status = 200;
  await kernel.db.execute('delete from probe_state');
});

const probe = (name: string, spec: object): Resource => ({
  apiVersion: 'nines/v1',
  kind: 'Probe',
  metadata: { name },
  spec: { service: 'shop', ...spec },
});
const service = (tier: number): Resource => ({
  apiVersion: 'nines/v1',
  kind: 'Service',
  metadata: { name: 'shop' },
  spec: { owner: 'shop-team', tier },
});

function scene(resources: Resource[], env: NodeJS.ProcessEnv = {}) {
  const written: WriteRequest[] = [];
  const config = ProbesConfig.parse({});
  const probes = new Probes({ ...kernel, metrics: createMetrics() }, declared(resources), {
    config,
    append: async request => written.push(request),
    around: surroundings(config, env),
  });
  /** Turns of the loop, as the kernel makes them, for so long. */
  const run = async (ms: number) => {
    for (const end = kernel.clock.now() + ms; kernel.clock.now() < end; ) {
      await probes.turn(kernel.clock.now());
      for (let second = 0; second < 5; second++) {
        await kernel.clock.advance(1_000);
        // Attempts run in real time, which the clock of the test knows nothing of.
        do await new Promise(resolve => setTimeout(resolve, 2));
        while (probes.underWay > 0);
      }
    }
  };
  const values = (name: string) =>
    written.flatMap(({ series }) =>
      series.filter(({ labels }) => labels[0]![1] === name).map(({ samples }) => samples.at(-1)?.value),
    );
  return { probes, written, run, values };
}

test('a probe is made at its interval, and what it tells is stored as metrics under its labels', async () => {
  const { probes, written, run, values } = scene([probe('front', { every: '20s', http: { url } })]);
  await run(60_000);
  await probes.stop();
  const count = values('probe_success').length;
  assert.ok(count >= 3 && count <= 4, `${count} attempts`);
  assert.deepEqual(new Set(values('probe_success')), new Set([1]));
  assert.deepEqual(values('probe_http_status_code')[0], 200);
  assert.deepEqual(values('probe_attempts_total').at(-1), count);
  const success = written[0]!.series.find(({ labels }) => labels[0]![1] === 'probe_success');
  assert.deepEqual(success?.labels.slice(1), [
    ['probe', 'front'],
    ['service', 'shop'],
    ['instance', url],
  ]);
  assert.deepEqual(
    written[0]!.series
      .find(({ labels }) => labels[0]![1] === 'probe_failures_total')
      ?.samples.map(one => one.value),
    [0, 0],
    'a counter begins with a zero',
  );
});

test('a failure is confirmed soon, tells alerting since when and why, and ends after two successes', async () => {
  const { probes, run, values } = scene([service(1), probe('front', { every: '1m', http: { url } })]);
  await run(10_000);
  const standing = async () => (await probes.standings(kernel.clock.now()))[0]!;
  assert.equal((await standing()).state, 'ok');
  status = 503;
  await run(85_000);
  const firing = await standing();
  assert.deepEqual(
    [firing.state, firing.severity, firing.name, firing.fingerprint],
    ['firing', 'page', 'ProbeFailing', 'shop/probe:front/page'],
  );
  assert.match(
    firing.summary,
    /^front \(http http:\/\/127\.0\.0\.1:\d+\) fails since \d\d:\d\d:\d\d UTC: HTTP status 503, expected 2xx\.$/,
  );
  assert.match(firing.description, /^3 attempts in a row failed; .* The last success was at .*processing/);
  const fails = values('probe_failures_total').at(-1);
  assert.equal(fails, 3);
  status = 200;
  await run(75_000);
  assert.equal((await standing()).state, 'ok');
  await probes.stop();
});

test('what cannot be asked is no failure: alerting hears that nothing is known, and the series ends', async () => {
  const { probes, run, values } = scene([
    probe('front', { every: '10s', http: { url, headers: { a: '${PROBE_KEY}' } } }),
  ]);
  await run(20_000);
  const [standing] = await probes.standings(kernel.clock.now());
  assert.equal(standing?.state, 'no_data');
  assert.match(standing?.unknown ?? '', /PROBE_KEY is not set/);
  assert.deepEqual(new Set(values('probe_success')), new Set([undefined]));
  assert.ok(values('probe_inconclusive_total').at(-1)! >= 2);
  assert.equal(values('probe_attempts_total').at(-1), 0);
  await probes.stop();
});

test('a probe that is no longer made is one of which nothing is known', async () => {
  const { probes, run } = scene([probe('front', { every: '10s', http: { url } })]);
  await run(10_000);
  await probes.stop();
  const [standing] = await probes.standings(kernel.clock.now() + 600_000);
  assert.deepEqual([standing?.state, standing?.unknown], ['no_data', 'no attempt was made for 10 min']);
});

test('a restart goes on where it was: counts stay, and nothing is made twice', async () => {
  const resources = [probe('front', { every: '1m', http: { url } })];
  const first = scene(resources);
  await first.run(10_000);
  await first.probes.stop();
  const second = scene(resources);
  await second.run(5_000);
  assert.equal(second.values('probe_success').length, 0);
  await second.run(90_000);
  assert.ok(second.values('probe_attempts_total').at(-1)! >= 2);
  await second.probes.stop();
});

test('what is no longer declared is forgotten, and its series end', async () => {
  const resources = [probe('front', { every: '10s', http: { url } })];
  const { probes, run, written } = scene(resources);
  await run(10_000);
  resources.pop();
  await run(5_000);
  const last = written.at(-1)!;
  assert.ok(last.series.length > 5 && last.series.every(({ samples }) => samples[0]?.value === undefined));
  assert.deepEqual(await kernel.db.query('select name from probe_state'), []);
  await probes.stop();
});

test('one attempt out of turn counts as any other, and there is none for a heartbeat', async () => {
  const { probes } = scene([
    probe('front', { http: { url } }),
    probe('backup', { heartbeat: { every: '1d' } }),
  ]);
  assert.equal((await probes.run('front')).outcome, 'success');
  const { state } = await probes.get('front');
  assert.equal((state as ProbeState).attempts, 1);
  await assert.rejects(probes.run('backup'), /is a heartbeat/);
  const { spec } = await probes.get('backup');
  await assert.rejects(probes.tryOut('backup', spec), /is a heartbeat/);
  await assert.rejects(probes.run('nothing'), /There is no Probe 'nothing'/);
});

test('no more attempts run at the same time than the configuration says', async () => {
  let now = 0;
  let most = 0;
  const slow = createServer((_, response) => {
    now += 1;
    most = Math.max(most, now);
    setTimeout(() => {
      now -= 1;
      response.end();
    }, 20);
  });
  await new Promise<void>(resolve => slow.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
  const config = ProbesConfig.parse({ concurrency: 3 });
  const resources = Array.from({ length: 12 }, (_, i) => probe(`p${i}`, { http: { url: address } }));
  const probes = new Probes({ ...kernel, metrics: createMetrics() }, declared(resources), {
    config,
    append: async () => {},
  });
  await Promise.all(resources.map(({ metadata }) => probes.run(metadata.name)));
  slow.close();
  assert.equal(most, 3);
});

test('a job tells that it ran by its token; without it nothing is taken', async () => {
  const heartbeat = { every: '1h', token: '${PROBE_BACKUP_TOKEN}' };
  const { probes } = scene([probe('backup', { heartbeat })], { PROBE_BACKUP_TOKEN: 'abcdefgh' });
  await assert.rejects(
    probes.signal('backup', { signal: 'success' }),
    /token of this heartbeat is wrong or missing/,
  );
  await assert.rejects(probes.signal('backup', { signal: 'success', token: 'abcdefgX' }), /wrong or missing/);
  await assert.rejects(
    probes.signal('front', { signal: 'success', token: 'abcdefgh' }),
    (error: Fault) =>
      /There is no heartbeat/.test(error.message) && /heartbeat list/.test(error.detail.hint ?? ''),
  );
  assert.equal((await probes.signal('backup', { signal: 'start', token: 'abcdefgh' })).status, 'running');
  const told = await probes.signal('backup', { signal: 'success', token: 'abcdefgh', durationMs: 4_000 });
  assert.equal(told.status, 'ok');
});

test('a job that must run and does not is a ticket, in metrics and for alerting', async () => {
  const { probes, run, values } = scene([
    service(1),
    probe('backup', { heartbeat: { every: '1m', grace: '30s' } }),
  ]);
  await run(35_000);
  assert.deepEqual(new Set(values('probe_success')), new Set([undefined]), 'nothing is known yet');
  await probes.signal('backup', { signal: 'success' });
  await run(35_000);
  assert.equal(values('probe_success').at(-1), 1);
  await run(90_000);
  assert.equal(values('probe_success').at(-1), 0);
  const [standing] = await probes.standings(kernel.clock.now());
  assert.deepEqual(
    [standing?.state, standing?.severity, standing?.name],
    ['firing', 'ticket', 'HeartbeatMissed'],
  );
  assert.match(
    standing?.summary ?? '',
    /^The job backup has not run: it was due at .*; its last success was at/,
  );
  assert.deepEqual([values('probe_attempts_total').at(-1), values('probe_failures_total').at(-1)], [2, 1]);
});
