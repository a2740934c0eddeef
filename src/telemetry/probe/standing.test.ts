import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../kernel/index.ts';
import { beaten, newHeartbeat } from './heartbeat.ts';
import { ProbeSpec } from './probe.ts';
import { attempted, newProbeState } from './probe-state.ts';
import { heartbeatStandings, probeStandings, severityOf } from './standing.ts';

const NOW = Date.parse('2026-01-27T03:00:00Z');
const DAY = 86_400_000;
const watched = (spec: object, tier?: number) => ({
  name: 'front',
  displayName: 'Front',
  spec: ProbeSpec.parse({ service: 'shop', ...spec }),
  tier,
});
const tls = { tls: { address: 'shop.example:443' } };
const withCertificate = (endsAt: number) =>
  attempted(
    newProbeState('shop.example:443'),
    {
      at: instant(NOW - 10_000),
      outcome: 'success',
      durationMs: 5,
      phases: { tls: 4 },
      certificate: {
        subject: 'CN=shop.example',
        issuer: 'CN=Authority',
        names: '',
        fingerprint: '',
        endsAt: instant(endsAt),
        trusted: true,
        version: 'TLSv1.3',
      },
    },
    watched(tls).spec,
  );

for (const [tier, spec, severity] of [
  [1, tls, 'page'],
  [2, tls, 'page'],
  [3, tls, 'ticket'],
  [undefined, tls, 'page'],
  [1, { ...tls, alert: { severity: 'none' } }, 'none'],
  [4, { ...tls, alert: { severity: 'page' } }, 'page'],
  [1, { heartbeat: { every: '1d' } }, 'ticket'],
] as const)
  test(`a failure in tier ${tier} with ${JSON.stringify(spec)} is a ${severity}`, () => {
    assert.equal(severityOf(watched(spec, tier)), severity);
  });

for (const [days, states] of [
  [30, ['ok', 'ok']],
  [20.9, ['firing', 'ok']],
  [2.9, ['firing', 'firing']],
  [-1, ['firing', 'firing']],
] as const)
  test(`a certificate with ${days} days left is ${states.join(' as a ticket and ')} as a page`, () => {
    const standings = probeStandings(watched(tls, 1), withCertificate(NOW + days * DAY), NOW);
    const certificates = standings.filter(one => one.name === 'CertificateExpires');
    assert.deepEqual(
      certificates.map(one => one.severity),
      ['ticket', 'page'],
    );
    assert.deepEqual(
      certificates.map(one => one.state),
      states,
    );
  });

test('the alert of a certificate says which, until when and what follows', () => {
  const [, ticket] = probeStandings(watched(tls, 1), withCertificate(NOW + 20 * DAY), NOW);
  assert.equal(
    ticket?.summary,
    'Front: the certificate of shop.example:443 ends in 20 d, at 2026-02-16 03:00:00 UTC.',
  );
  assert.match(
    ticket?.description ?? '',
    /Its subject is CN=shop\.example, its issuer CN=Authority; .* a page at 3d\./,
  );
  const other = watched({ ...tls, alert: { certificate: { ticket: '10d', page: '1d' } } }, 1);
  assert.equal(probeStandings(other, withCertificate(NOW + 20 * DAY), NOW)[1]?.state, 'ok');
});

test('a job that waits says nothing, and one that failed says what it said', () => {
  const job = watched({ heartbeat: { every: '1d' } });
  const [waiting] = heartbeatStandings(job, newHeartbeat(NOW), NOW);
  assert.deepEqual([waiting?.state, waiting?.unknown], ['no_data', undefined]);
  const failed = beaten(newHeartbeat(NOW), 'failure', NOW, { message: 'disk is full', durationMs: 90_000 });
  const [standing] = heartbeatStandings(job, failed, NOW + 1000);
  assert.deepEqual([standing?.state, standing?.name], ['firing', 'HeartbeatFailed']);
  assert.match(
    standing?.summary ?? '',
    /^The job Front failed: it told of a failure at 2026-01-27 03:00 UTC \(disk is full\)/,
  );
  assert.match(standing?.description ?? '', /Its last run took 1 min 30 s\./);
});
