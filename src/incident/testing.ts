import { Catalog, catalogMigrations, Service, Team } from '../catalog/index.ts';
import { duration, type Event, type Principal } from '../kernel/index.ts';
import { type TestKernel, testKernel } from '../kernel/testing.ts';
import { type Channel, Notifications, notifyMigrations } from '../notify/index.ts';
import { OnCall, oncallKinds, oncallMigrations } from '../oncall/index.ts';
import type { AlertFacts } from './facts.ts';
import { type IncidentOptions, Incidents } from './incidents.ts';
import { incidentMigrations } from './store.ts';

const CODE = `
apiVersion: nines/v1
kind: Team
metadata: { name: shop-team }
spec:
  members:
    - { name: first, contacts: [{ channel: hook, address: first }] }
    - { name: second, contacts: [{ channel: hook, address: second }] }
---
apiVersion: nines/v1
kind: Service
metadata: { name: gateway, displayName: Gateway }
spec: { owner: shop-team, tier: 1, dependsOn: [payments] }
---
apiVersion: nines/v1
kind: Service
metadata: { name: payments, displayName: Payments }
spec: { owner: shop-team, tier: 1 }
---
apiVersion: nines/v1
kind: Service
metadata: { name: reports }
spec: { owner: shop-team, tier: 4 }
---
apiVersion: nines/v1
kind: EscalationPolicy
metadata: { name: shop }
spec:
  steps:
    - { notify: [{ team: shop-team, person: first }], wait: 30s }
    - { notify: [{ team: shop-team, person: second }], wait: 30s }
  repeat: 0
---
apiVersion: nines/v1
kind: Route
metadata: { name: default }
spec: { policy: shop }
`;

export const NOW = '2026-01-27T03:15:00.000Z';
export const someone: Principal = { name: 'first', kind: 'person', role: 'responder' };

export interface World {
  kernel: TestKernel;
  incidents: Incidents;
  oncall: OnCall;
  /** `seconds, in tens: address subject`, as it went out. */
  told: string[];
  events: string[];
}

export async function setUp(options: IncidentOptions = {}): Promise<World> {
  const kernel = await testKernel({ now: NOW, log: 'silent' });
  const told: string[] = [];
  const events: string[] = [];
  const hook: Channel = {
    name: 'hook',
    local: false,
    send: async (message, address) => {
      const seconds = Math.floor((kernel.clock.now() - Date.parse(NOW)) / 10_000) * 10;
      told.push(`${seconds} ${message.kind} ${address}: ${message.subject}`);
      return {};
    },
  };
  const notifications = new Notifications(kernel, [hook]);
  const catalog = new Catalog(kernel, [Service, Team, ...oncallKinds]);
  const oncall = new OnCall(kernel, catalog, notifications);
  const incidents = new Incidents(kernel, catalog, oncall, { settle: duration('20s'), ...options });
  for (const type of ['opened', 'acknowledged', 'mitigated', 'resolved', 'reopened'])
    kernel.events.on(`incident.${type}`, `test.${type}`, async (event: Event) => {
      events.push(`${event.type.slice(9)} ${event.subject}`);
    });
  await kernel.start([...catalogMigrations, ...notifyMigrations, ...oncallMigrations, ...incidentMigrations]);
  await catalog.apply([{ path: '/code/a.yaml', text: CODE }]);
  await kernel.settle();
  return { kernel, incidents, oncall, told, events };
}

export function alert(id: string, more: Partial<AlertFacts> = {}): AlertFacts {
  return {
    id,
    fingerprint: `fp-${id}`,
    name: 'CheckoutAvailabilityBurn',
    service: 'payments',
    severity: 'page',
    firedAt: '2026-01-27T03:14:58.000Z',
    onsetAt: '2026-01-27T03:14:10.000Z',
    burnRate: 124,
    errorRatio: 0.124,
    allowedRatio: 0.001,
    badMeans: 'checkout requests fail',
    ...more,
  };
}

export async function lines(incidents: Incidents, id: string): Promise<string[]> {
  return (await incidents.timeline(id)).map(entry => `${entry.kind}: ${entry.text}`);
}
