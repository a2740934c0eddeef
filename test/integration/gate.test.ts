import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nines, type Server, serve, until, workFolder } from '../kit/nines-process.ts';
import { remoteWrite } from '../kit/remote-write.ts';

// What the drill leaves behind, from outside: the shop's own objectives and policy, and the samples that a drill leaves
// (a minute of checkouts that fail). The gate denies a release by its exit code; two people let it through, on the record.

const shop = fileURLToPath(new URL('../../examples/shop/reliability', import.meta.url));
const work = workFolder();
let server: Server;

const SERVICES = ['gateway', 'payments']
  .map(
    name =>
      `apiVersion: nines/v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { owner: shop-team, tier: 1, dependsOn: [${name === 'gateway' ? 'payments' : ''}] }\n`,
  )
  .join('---\n');

/** Ten checkouts a second for ten minutes, every ten seconds a sample; most of them failed for 50 s. */
function samples(now: number) {
  const timestamps = Float64Array.from({ length: 61 }, (_, i) => now - (60 - i) * 10_000);
  const failed = Float64Array.from({ length: 61 }, (_, i) => Math.min(Math.max(i - 45, 0), 5) * 85);
  const ok = Float64Array.from({ length: 61 }, (_, i) => i * 100 - failed[i]!);
  const series = (status: string, values: Float64Array) => ({
    labels: {
      __name__: 'http_server_request_duration_seconds_count',
      service_name: 'gateway',
      http_route: '/checkout',
      http_response_status_code: status,
    },
    timestamps,
    values,
  });
  return [series('200', ok), series('503', failed)];
}

const run = async (args: string[], expected = 0) => {
  const ran = await nines([...args, '--server', server.url]);
  assert.equal(ran.code, expected, `${args.join(' ')}: ${ran.stdout}${ran.stderr}`);
  return ran.stdout + ran.stderr;
};
/** The same on one line, whichever way it is broken at 80 columns. */
const said = async (args: string[]) => (await run(args)).replace(/\s+/g, ' ');

before(async () => {
  const folder = join(work.path, 'reliability');
  mkdirSync(folder);
  writeFileSync(join(folder, 'services.yaml'), SERVICES);
  for (const file of ['team.yaml', 'oncall.yaml', 'error-budget-policy.yaml'])
    writeFileSync(join(folder, file), readFileSync(join(shop, file)));
  for (const file of readdirSync(join(shop, 'slos')))
    writeFileSync(join(folder, file), readFileSync(join(shop, 'slos', file)));
  const config = work.file(
    'nines.yaml',
    `alerting: { every: 2s, warmUp: 30s }\nnotify: { channels: { terminal: { type: terminal }, console: { type: console } } }\n`,
  );
  server = await serve(['--data', join(work.path, 'data'), '--config', config]);
  await run(['apply', folder]);
});
after(async () => {
  await server?.end('SIGTERM').catch(() => {});
  work.remove();
});

test('after the minute that a drill costs the gate denies a release, and an override of two people leaves its trace', async t => {
  const gate = ['slo', 'gate', 'payments', '--for', 'release'];
  await t.test('while nobody knows anything a release may go out', async () => {
    assert.match(await run(gate), /There is no data/);
  });
  await t.test('a name that nothing declares does not open the gate', async () => {
    assert.match(await run(['slo', 'gate', 'paymnets'], 3), /no service 'paymnets'.*payments/s);
  });
  await remoteWrite(`${server.url}/prometheus/api/v1/write`, samples(Date.now()));
  const incident = await until(
    async () =>
      (JSON.parse(await run(['incident', 'list', '--json'])) as { incidents: { id: string }[] }).incidents[0],
    one => one !== undefined,
  );

  await t.test('the budget of the hour is spent, and the exit code says no', async () => {
    const text = await until(
      async () => (await nines([...gate, '--server', server.url])).stderr,
      stderr => stderr.includes('freeze'),
    );
    assert.match(
      text,
      /of the budget of checkout-hour is (left|spent, and .* beyond) \(1h\): level freeze of the policy shop-budget/,
    );
    await run(gate, 4);
    assert.match(await run(['slo', 'list']), /checkout-hour +exhausted/);
    assert.match(await run(['slo', 'gate', 'payments', '--for', 'fix_release']), /Allowed/);
    assert.match(await run(['slo', 'gate', 'gateway', '--for', 'automation']), /Allowed/);
  });

  await t.test('one person does not let it through, two do', async () => {
    const words = ['--for', 'release', '--last', '1h', '--reason', 'the holiday prices go out today'];
    const made = await run(['slo', 'override', 'payments', ...words, '--as', 'payments-oncall']);
    const id = /ovr_\w+/.exec(made)![0];
    assert.match(made, /waits for a second person/);
    await run(gate, 4);
    await run(['slo', 'confirm', id, '--as', 'payments-oncall'], 4);
    await run(['slo', 'confirm', id, '--as', 'shop-lead']);
    const answer = await said(gate);
    assert.match(answer, /Allowed\. .*Overridden by payments-oncall, confirmed by shop-lead/);
    assert.match(answer, /Nothing is known of .*checkout-latency/, 'of what the samples say nothing');
  });

  await t.test('it stands in the list, in the audit, on the incident and in the postmortem', async () => {
    const listed = await said(['slo', 'overrides']);
    assert.match(listed, /in force until/);
    assert.match(
      listed,
      /by payments-oncall, confirmed by shop-lead \(names as typed.*\), at the level freeze/,
    );
    assert.match(
      await said(['slo', 'ledger', 'checkout-hour']),
      /Overrides of the gate ovr_\w+ payments release/,
    );
    assert.match(await run(['audit', 'list']), /slo\.override/);
    const timeline = await until(
      () => run(['incident', 'show', incident!.id]),
      text => /Confirmed as the second\s+person/.test(text),
    );
    assert.match(timeline, /Overridden: the error budget gate for release of\s+payments/);
    await run(['incident', 'resolve', incident!.id, '--anyway']);
    const postmortem = await until(
      async () => (await nines(['postmortem', 'show', incident!.id, '--server', server.url])).stdout,
      text => text !== '',
    );
    assert.match(postmortem, /error budget gate was overridden/i);
    assert.match(postmortem, /the holiday prices go out today/);
  });
});
