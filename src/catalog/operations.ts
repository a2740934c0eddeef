import { z } from 'zod';
import { Fault, nearest, operationsOf } from '../kernel/index.ts';
import type { Catalog } from './catalog.ts';
import { Metadata, resourceId } from './resource.ts';
import { Service, ServiceSpec } from './service.ts';

const operation = operationsOf<{ catalog: Catalog }>();

const Files = z
  .array(z.object({ path: z.string().max(4096), text: z.string().max(1_048_576) }))
  .min(1)
  .max(2000)
  .describe('The YAML files: path and text');

const PlanOutput = z.object({
  added: z.array(z.string()),
  changed: z.array(z.object({ id: z.string(), fields: z.array(z.string()) })),
  removed: z.array(z.string()),
  unchanged: z.number().int(),
});

const check = operation({
  name: 'catalog.check',
  summary:
    'Check declared resources: schemas, references and rules, each problem with file, line and column.',
  effect: 'read',
  route: 'POST /catalog/check',
  args: ['files'],
  input: z.object({ files: Files }),
  files: 'files',
  output: z.object({ resources: z.array(z.string()) }),
  run: async ({ files }, { catalog }) => ({ resources: catalog.check(files).map(resourceId) }),
  render: ({ resources }) => `${resources.length} resources are valid.`,
});

const planOperation = operation({
  name: 'catalog.plan',
  summary: 'Show what applying the files would add, change and remove.',
  effect: 'read',
  route: 'POST /catalog/plan',
  args: ['files'],
  input: z.object({ files: Files }),
  files: 'files',
  output: PlanOutput,
  run: ({ files }, { catalog }) => catalog.plan(files),
  render: renderPlan,
});

const apply = operation({
  name: 'catalog.apply',
  summary: 'Make the files the whole of what is declared, all or nothing.',
  effect: 'write',
  route: 'POST /catalog/apply',
  args: ['files'],
  input: z.object({ files: Files }),
  files: 'files',
  output: PlanOutput,
  run: ({ files }, { catalog }) => catalog.apply(files),
  render: renderPlan,
});

const ServiceView = ServiceSpec.extend({ name: z.string(), displayName: z.string() });

const serviceList = operation({
  name: 'service.list',
  summary: 'List the services with owner, tier and dependencies.',
  effect: 'read',
  route: 'GET /services',
  input: z.object({}),
  output: z.object({ services: z.array(ServiceView) }),
  run: async (_, { catalog }) => ({
    services: (await catalog.list(Service)).map(({ metadata, spec }) => ({
      ...withoutEnv(spec),
      name: metadata.name,
      displayName: metadata.displayName ?? metadata.name,
    })),
  }),
  render: ({ services }) =>
    services.length === 0
      ? 'No service is declared yet: nines apply FOLDER.'
      : services
          .map(service =>
            `${service.name.padEnd(20)} tier ${service.tier}  owner ${service.owner.padEnd(16)} ${service.dependsOn.length === 0 ? '' : `→ ${service.dependsOn.join(', ')}`}`.trimEnd(),
          )
          .join('\n'),
  examples: ['nines service list'],
});

const resourceList = operation({
  name: 'catalog.list',
  summary: 'List what is applied: kind, name and where it was declared.',
  effect: 'read',
  route: 'GET /catalog',
  input: z.object({ kind: z.string().optional().describe('Only this kind, as Service or SLO') }),
  output: z.object({
    resources: z.array(
      z.object({ apiVersion: z.string(), kind: z.string(), metadata: Metadata, file: z.string() }),
    ),
  }),
  run: async ({ kind }, { catalog }) => {
    const kinds = [...new Set(catalog.kinds.map(one => one.kind))].sort();
    if (kind !== undefined && !kinds.includes(kind)) {
      const near = nearest(kind, kinds);
      throw new Fault('invalid', `There is no kind '${kind.slice(0, 80)}'.`, {
        field: 'kind',
        hint: near === undefined ? `There are: ${kinds.join(', ')}.` : `Did you mean ${near}?`,
      });
    }
    return {
      resources: (await catalog.all())
        .filter(resource => kind === undefined || resource.kind === kind)
        .map(({ apiVersion, kind, metadata, source }) => ({
          apiVersion,
          kind,
          metadata,
          file: source?.file ?? '',
        })),
    };
  },
  render: ({ resources }) =>
    resources.length === 0
      ? 'Nothing of this is applied yet: nines apply FOLDER.'
      : resources
          .map(({ kind, metadata, apiVersion }) => `${`${kind}/${metadata.name}`.padEnd(48)} ${apiVersion}`)
          .join('\n'),
  examples: ['nines catalog list --kind SLO'],
});

export const catalogOperations = [check, planOperation, apply, resourceList, serviceList];

/** Environment values may hold secrets: they stay in the store. */
function withoutEnv(spec: ServiceSpec): ServiceSpec {
  if (spec.runsOn === undefined) return spec;
  const env = Object.fromEntries(Object.keys(spec.runsOn.env).map(key => [key, '[not shown]']));
  return { ...spec, runsOn: { ...spec.runsOn, env } };
}

function renderPlan(plan: z.infer<typeof PlanOutput>): string {
  const lines = [
    ...plan.added.map(id => `+ ${id}`),
    ...plan.changed.map(({ id, fields }) => `~ ${id}: ${fields.join(', ')}`),
    ...plan.removed.map(id => `- ${id}`),
  ];
  const counts = `${plan.added.length} added, ${plan.changed.length} changed, ${plan.removed.length} removed, ${plan.unchanged} unchanged.`;
  return [...lines, counts].join('\n');
}
