// Probes that the console is shown in tests: one fails, one job did not run, one certificate ends soon.
import { instant } from '../../src/kernel/index.ts';
import type { Answers } from './console-scene.ts';

type Probe = Extract<Answers['probe.list'], { probes: unknown }>['probes'][number];
type Attempt = Extract<Answers['probe.show'], { recent: unknown }>['recent'][number];

export function probeAnswers(at: string): Answers {
  const before = (seconds: number) => instant(Date.parse(at) - seconds * 1000);
  const failing: Probe = {
    name: 'gateway-health',
    displayName: 'Gateway answers',
    service: 'gateway',
    kind: 'http',
    instance: 'https://shop.example/healthz',
    status: 'failing',
    since: before(95),
    why: 'The status is 502; 200 was expected.',
    severity: 'page',
    lastAt: before(5),
    lastSuccessAt: before(100),
    durationMs: 2210,
    certificateEndsAt: before(-6 * 86_400),
    nextAt: before(-10),
    uptime24h: 0.9987,
  };
  const job: Probe = {
    name: 'nightly-backup',
    displayName: 'Nightly backup',
    service: 'payments',
    kind: 'heartbeat',
    instance: 'nightly-backup',
    status: 'missed',
    since: before(7200),
    why: 'it was due 2 h ago',
    severity: 'ticket',
    uptime24h: null,
  };
  const attempt: Attempt = {
    at: before(5),
    outcome: 'failure',
    error: 'The status is 502; 200 was expected.',
    durationMs: 2210,
    phases: { resolve: 3, connect: 12, tls: 31, processing: 2150, transfer: 14 },
    http: { status: 502, version: '1.1', redirects: 0, bytes: 512, tls: true, expressionFailed: false },
  };
  const good: Attempt = {
    at: before(100),
    outcome: 'success',
    durationMs: 84,
    phases: { resolve: 2, connect: 11, tls: 30, processing: 38, transfer: 3 },
    http: { status: 200, version: '1.1', redirects: 0, bytes: 2, tls: true, expressionFailed: false },
  };
  const uptime = ['1h', '24h', '7d', '30d'].map((window, i) => ({
    window,
    ratio: i === 3 ? null : 0.99 + i / 1000,
  }));
  const promql = (name: string) => ({
    uptime: `avg_over_time(probe_success{probe="${name}"}[30d])`,
    bad: `probe_failures_total{probe="${name}"}`,
    total: `probe_attempts_total{probe="${name}"}`,
  });
  return {
    'probe.list': { probes: [failing, job] },
    'probe.show': ({ name }) =>
      name === job.name
        ? {
            ...job,
            uptime,
            attempts: 31,
            failures: 1,
            recent: [],
            signals: [{ at: before(93_600), signal: 'success', durationMs: 312_000, message: '14 GiB' }],
            promql: promql(job.name),
          }
        : {
            ...failing,
            uptime,
            attempts: 8640,
            failures: 12,
            recent: [attempt, good],
            signals: [],
            promql: promql(failing.name),
          },
    'probe.run': {
      name: failing.name,
      instance: failing.instance,
      attempt: { ...good, at: instant(Date.parse(at)) },
    },
  };
}
