import { z } from 'zod';
import { defineKind, type Resource } from '../catalog/index.ts';
import { Severity } from '../notify/index.ts';

/** The Route that takes what no other takes. */
export const DEFAULT_ROUTE = 'default';

export const RouteSpec = z.strictObject({
  description: z.string().max(2000).optional(),
  match: z
    .strictObject({
      services: z.array(z.string().min(1).max(63)).min(1).max(200).optional(),
      teams: z.array(z.string().min(1).max(63)).min(1).max(200).optional().describe('Owners of the service'),
      tiers: z.array(z.int().min(1).max(4)).min(1).max(4).optional(),
      severities: z.array(Severity).min(1).max(4).optional(),
    })
    .default({})
    .describe('All that is named must hold; nothing named matches everything'),
  order: z.int().min(0).max(10_000).default(100).describe('The lower is asked first; then by name'),
  policy: z.string().min(1).max(63).describe('The EscalationPolicy that pages'),
});
export type RouteSpec = z.infer<typeof RouteSpec>;

/** Which escalation policy an incident pages by. */
export const Route = defineKind({
  apiVersion: 'nines/v1',
  kind: 'Route',
  summary: 'Which escalation policy pages for which service, team, tier and severity.',
  spec: RouteSpec,
  references: ({ spec }) => [
    { kind: 'EscalationPolicy', name: spec.policy, field: 'spec.policy' },
    ...(spec.match.services ?? []).map((name, index) => ({
      kind: 'Service',
      name,
      field: `spec.match.services.${index}`,
    })),
    ...(spec.match.teams ?? []).map((name, index) => ({
      kind: 'Team',
      name,
      field: `spec.match.teams.${index}`,
    })),
  ],
  check: ({ metadata, spec }, lookup) => {
    const matchesAll = Object.keys(spec.match).length === 0;
    if (metadata.name === DEFAULT_ROUTE)
      return matchesAll
        ? []
        : [
            {
              field: 'spec.match',
              message: `the Route '${DEFAULT_ROUTE}' takes what no other takes: it has no match`,
            },
          ];
    if (matchesAll)
      return [
        {
          field: 'spec.match',
          message: `a Route that matches everything is named '${DEFAULT_ROUTE}', and asked last`,
        },
      ];
    return lookup('Route', DEFAULT_ROUTE) === undefined
      ? [
          {
            field: 'metadata.name',
            message: `no Route is named '${DEFAULT_ROUTE}', so some incidents would page nobody`,
          },
        ]
      : [];
  },
});

/** What routing looks at. A service that is not declared has neither owner nor tier. */
export interface Routable {
  service: string;
  severity: Severity;
  team?: string;
  tier?: number;
}

/** The first Route that matches, the default last. Undefined only if there is no default. Pure. */
export function routeFor(
  routes: readonly Pick<Resource<RouteSpec>, 'metadata' | 'spec'>[],
  page: Routable,
): Pick<Resource<RouteSpec>, 'metadata' | 'spec'> | undefined {
  const isDefault = (route: Pick<Resource<RouteSpec>, 'metadata'>) => route.metadata.name === DEFAULT_ROUTE;
  return routes
    .toSorted(
      (a, b) =>
        Number(isDefault(a)) - Number(isDefault(b)) ||
        a.spec.order - b.spec.order ||
        (a.metadata.name < b.metadata.name ? -1 : 1),
    )
    .find(({ spec: { match } }) => {
      const holds = <T>(wanted: readonly T[] | undefined, value: T | undefined) =>
        wanted === undefined || (value !== undefined && wanted.includes(value));
      return (
        holds(match.services, page.service) &&
        holds(match.teams, page.team) &&
        holds(match.tiers, page.tier) &&
        holds(match.severities, page.severity)
      );
    });
}
