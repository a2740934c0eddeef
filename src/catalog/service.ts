import { z } from 'zod';
import { DurationText } from '../kernel/index.ts';
import { defineKind } from './resource.ts';

const resourceName = z.string().min(1).max(63);

/** How a service's processes are run by the `local` platform. `${release}` in the command is replaced by the version. */
export const LocalRun = z.strictObject({
  platform: z.literal('local').describe('The platform that runs it'),
  release: z
    .string()
    .min(1)
    .max(128)
    .describe('The release that it starts with when Nines first brings it up'),
  releases: z
    .array(z.string().min(1).max(128))
    .max(1000)
    .default([])
    .describe('The releases that exist; empty: any'),
  replicas: z.int().min(0).max(64).default(1).describe('How many processes at first'),
  maxReplicas: z.int().min(1).max(64).default(4).describe('The most that any action may scale it to'),
  command: z
    .array(z.string().min(1))
    .min(1)
    .describe("The program and its arguments; '${release}' becomes the version"),
  directory: z.string().min(1).default('.').describe('Working directory, relative to this file'),
  env: z.record(z.string(), z.string()).default({}).describe('Environment variables'),
  port: z.int().min(1).max(65535).optional().describe('The port that its replicas share'),
  health: z
    .strictObject({
      path: z.string().startsWith('/').default('/healthz'),
      timeout: DurationText.default('20s').describe('How long a new process may take to become healthy'),
    })
    .optional()
    .describe('An HTTP path that answers 200 once the process can serve'),
  stopTimeout: DurationText.default('5s').describe('How long a process may take to stop before it is killed'),
});
export type LocalRun = z.infer<typeof LocalRun>;

/** A service: who owns it, how much it matters, what it depends on and what runs it. */
export const ServiceSpec = z.strictObject({
  description: z.string().max(2000).optional(),
  owner: resourceName.describe('The Team that owns it'),
  tier: z
    .union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)])
    .describe('1: users notice at once … 4: nobody notices for a day'),
  dependsOn: z.array(resourceName).max(100).default([]).describe('Services that it calls'),
  telemetryName: z
    .string()
    .min(1)
    .max(255)
    .default('')
    .describe('Its service.name in telemetry; its own name if absent'),
  links: z.record(z.string(), z.url()).optional().describe('Dashboards, repository, documents'),
  runsOn: LocalRun.optional().describe('Where and how it runs, if Nines is to act on it'),
});
export type ServiceSpec = z.infer<typeof ServiceSpec>;

/** Something that users or other services call: the unit that has an owner, a tier, objectives and releases. */
export const Service = defineKind({
  apiVersion: 'nines/v1',
  kind: 'Service',
  summary: 'A service: owner, tier, dependencies, and how it runs.',
  spec: ServiceSpec,
  complete: (resource, folder) => {
    const { spec } = resource;
    return {
      ...resource,
      spec: {
        ...spec,
        telemetryName: spec.telemetryName === '' ? resource.metadata.name : spec.telemetryName,
        ...(spec.runsOn === undefined
          ? {}
          : { runsOn: { ...spec.runsOn, directory: joinPath(folder, spec.runsOn.directory) } }),
      },
    };
  },
  references: ({ spec }) => [
    { kind: 'Team', name: spec.owner, field: 'spec.owner' },
    ...spec.dependsOn.map((name, index) => ({ kind: 'Service', name, field: `spec.dependsOn.${index}` })),
  ],
  check: ({ metadata, spec }) => {
    const problems = [];
    const run = spec.runsOn;
    if (spec.dependsOn.includes(metadata.name))
      problems.push({ field: 'spec.dependsOn', message: 'a service cannot depend on itself' });
    if (run !== undefined && run.replicas > run.maxReplicas)
      problems.push({
        field: 'spec.runsOn.replicas',
        message: `${run.replicas} replicas are more than maxReplicas (${run.maxReplicas})`,
      });
    if (run !== undefined && run.releases.length > 0 && !run.releases.includes(run.release))
      problems.push({
        field: 'spec.runsOn.release',
        message: `release ${run.release} is not among the releases (${run.releases.join(', ')})`,
      });
    return problems;
  },
});

/** Joins a folder and a relative path with `/`, resolving `.` and `..`; an absolute path stands as it is. */
function joinPath(folder: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${folder}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
