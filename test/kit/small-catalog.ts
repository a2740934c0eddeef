/** Reliability as code of one small service, as text: what tests from outside apply. */

export interface SmallCatalog {
  /** A process to be run by the local platform; the service is run by nobody if absent. */
  run?: { command: readonly string[]; port: number };
  /** How long the first one paged has. */
  wait?: string;
}

/** A service `web` of tier 1, an SLO on it, two people on a webhook channel `hook`, and whom to page when. */
export function smallCatalog({ run, wait = '10s' }: SmallCatalog = {}): string {
  const runsOn =
    run === undefined
      ? ''
      : `
  runsOn:
    platform: local
    release: v1
    replicas: 1
    command: ${JSON.stringify(run.command)}
    directory: .
    port: ${run.port}
    health: { path: /healthz, timeout: 20s }
    stopTimeout: 2s`;
  return `
apiVersion: nines/v1
kind: Team
metadata: { name: web-team }
spec:
  members:
    - { name: web-oncall, timeZone: UTC, contacts: [{ channel: hook }] }
    - { name: web-lead, timeZone: UTC, contacts: [{ channel: hook }] }
---
apiVersion: nines/v1
kind: EscalationPolicy
metadata: { name: web-page }
spec:
  steps:
    - { notify: [{ team: web-team, person: web-oncall }], wait: ${wait} }
    - { notify: [{ team: web-team, person: web-lead }], wait: 10m }
  repeat: 0
---
apiVersion: nines/v1
kind: Route
metadata: { name: default }
spec: { policy: web-page }
---
apiVersion: nines/v1
kind: Service
metadata: { name: web }
spec:
  owner: web-team
  tier: 1${runsOn}
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: web-availability }
spec:
  service: web
  indicator:
    metadata: { name: web-availability }
    spec:
      ratioMetric:
        counter: true
        bad: { metricSource: { type: Prometheus, spec: { query: 'requests_total{service_name="web",code=~"5.."}' } } }
        total: { metricSource: { type: Prometheus, spec: { query: 'requests_total{service_name="web"}' } } }
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ displayName: No server errors, target: 0.999 }]
`;
}

/** An OTLP/JSON request with one reading of the service's counter. */
export function requestsMetric(code: string, count: number, atMs: number): object {
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
  return {
    resourceMetrics: [
      {
        resource: { attributes: [text('service.name', 'web')] },
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'requests',
                sum: {
                  isMonotonic: true,
                  aggregationTemporality: 2,
                  dataPoints: [
                    {
                      attributes: [text('code', code)],
                      startTimeUnixNano: `${atMs - 60_000}000000`,
                      timeUnixNano: `${atMs}000000`,
                      asDouble: count,
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  };
}
