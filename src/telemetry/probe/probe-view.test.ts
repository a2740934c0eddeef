import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../kernel/index.ts';
import type { Attempt } from './attempt.ts';
import { beaten, newHeartbeat } from './heartbeat.ts';
import { ProbeSpec } from './probe.ts';
import { attempted, newProbeState } from './probe-state.ts';
import {
  heartbeatsText,
  heartbeatView,
  probeDetail,
  probesText,
  probeText,
  probeView,
  runText,
  worstFirst,
} from './probe-view.ts';

const NOW = Date.parse('2026-01-27T03:00:00Z');
const long = 'x'.repeat(300);
const attempt = (outcome: Attempt['outcome'], more: Partial<Attempt> = {}): Attempt => ({
  at: instant(NOW - 10_000),
  outcome,
  durationMs: 1234.5,
  phases: { resolve: 1, connect: 0.2, tls: 12, processing: 1200, transfer: 3 },
  address: '192.0.2.1',
  ...(outcome === 'success' ? {} : { error: `HTTP status 503, ${long}` }),
  ...more,
});
const seen = (name: string, spec: object, attempts: Attempt[]) => {
  const read = ProbeSpec.parse({ service: 'shop', ...spec });
  let state = newProbeState('x');
  for (const one of attempts) state = attempted(state, one, read);
  return { name, displayName: name, spec: read, tier: 1, state };
};
const http = { http: { url: `https://shop.example/${long}` } };
const certificate = {
  subject: `CN=${long}`,
  issuer: 'CN=Authority',
  names: '',
  fingerprint: '',
  endsAt: instant(NOW + 86_400_000),
  trusted: true,
  version: 'TLSv1.3',
};
const fits = (text: string) => {
  for (const line of text.split('\n')) assert.ok([...line].length <= 80, `${[...line].length}: ${line}`);
};

test('the list fits a terminal, has what fails first, and says what is wrong with it', () => {
  const views = [
    probeView(seen('good', http, [attempt('success', { certificate })]), 0.999996, NOW),
    probeView(
      seen('n'.repeat(63), http, [attempt('failure'), attempt('failure'), attempt('failure')]),
      0.5,
      NOW,
    ),
    probeView(seen('unsure', http, [attempt('inconclusive')]), null, NOW),
  ];
  const text = probesText({ probes: worstFirst(views) });
  fits(text);
  fits(probesText({ probes: [] }));
  assert.match(probesText({ probes: [] }), /^No probe agrees, or none is declared/);
  fits(heartbeatsText({ heartbeats: [] }));
  const lines = text.split('\n');
  assert.match(lines[1]!, /^failing/);
  assert.match(lines[2]!, /HTTP status 503/);
  assert.match(lines[3]!, /^inconclusive .*–$/);
  assert.match(lines.at(-1)!, /^up .* 99\.999 % {2}cert 2026-01-28$/, 'what is not all is not shown as all');
});

test('one probe and one attempt fit a terminal', () => {
  const one = seen('front', http, [attempt('success', { certificate }), attempt('failure')]);
  const detail = probeDetail(
    one,
    [
      { window: '24h', ratio: 0.5 },
      { window: '7d', ratio: null },
    ],
    NOW,
  );
  assert.equal(detail.uptime24h, 0.5);
  fits(probeText(detail));
  const run = runText({
    name: 'front',
    instance: 'https://shop.example',
    attempt: attempt('success', {
      certificate,
      http: { status: 200, version: '1.1', redirects: 1, bytes: 5, tls: true, expressionFailed: false },
    }),
  });
  fits(run);
  assert.match(run, /processing +1\.2 s {2}█{30}/);
});

test('a job is shown with its next time and the place where it tells of itself', () => {
  const spec = ProbeSpec.parse({
    service: 'shop',
    heartbeat: { schedule: { cron: '0 3 * * *', timeZone: 'UTC' } },
  });
  const state = beaten(newHeartbeat(NOW - 86_400_000), 'failure', NOW - 60_000, { message: long });
  const one = { name: 'backup', displayName: 'Backup', spec, tier: undefined, state };
  const [view] = heartbeatView(one, NOW);
  assert.equal(view?.status, 'failed');
  assert.equal(view?.path, '/heartbeat/backup');
  fits(heartbeatsText({ heartbeats: [view!] }));
  const listed = probeView(one, null, NOW);
  assert.equal(listed.nextAt, '2026-01-28T03:00:00.000Z');
  assert.equal(listed.severity, 'ticket');
});
