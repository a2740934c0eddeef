import type { Kind, Resource } from '../../src/catalog/index.ts';

/** A catalog that holds these resources, for rooms that only list. */
export function declared(resources: readonly Resource[]) {
  return {
    list: async <Spec>(kind: Kind<Spec>): Promise<Resource<Spec>[]> =>
      resources
        .filter(resource => resource.kind === kind.kind && resource.apiVersion === kind.apiVersion)
        .map(resource => ({ ...resource, spec: kind.spec.parse(resource.spec) })),
  };
}

/** An OpenSLO ratio SLO of the service `gateway`. */
export function ratioSlo(
  name: string,
  target: number,
  metric: { bad?: string; good?: string; total: string },
  window = '30d',
): Resource {
  const query = (text: string) => ({ metricSource: { type: 'Prometheus', spec: { query: text } } });
  return {
    apiVersion: 'openslo/v1',
    kind: 'SLO',
    metadata: { name, displayName: `${name[0]!.toUpperCase()}${name.slice(1).replaceAll('-', ' ')}` },
    spec: {
      service: 'gateway',
      indicator: {
        metadata: { name },
        spec: {
          ratioMetric: {
            counter: true,
            ...(metric.bad === undefined ? { good: query(metric.good!) } : { bad: query(metric.bad) }),
            total: query(metric.total),
          },
        },
      },
      timeWindow: [{ duration: window, isRolling: true }],
      budgetingMethod: 'Occurrences',
      objectives: [{ target }],
    },
  };
}

const REQUESTS = 'http_server_request_duration_seconds_count{service_name="gateway",http_route="/checkout"}';

export const checkoutAvailability = (target = 0.999): Resource =>
  ratioSlo('checkout-availability', target, {
    bad: REQUESTS.replace('}', ',http_response_status_code=~"5.."}'),
    total: REQUESTS,
  });

export const checkoutLatency = (target = 0.99): Resource =>
  ratioSlo('checkout-latency', target, {
    good: REQUESTS.replace('_count{', '_bucket{le="0.5",'),
    total: REQUESTS,
  });
