import type { Endpoints, Node, Pod, Service } from 'kubernetes-types/core/v1.d.ts';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1.d.ts';
import type { Ingress } from 'kubernetes-types/networking/v1.d.ts';
import { type Clock, Fault, type Log, messageOf } from '../../../kernel/index.ts';
import type { TargetGroup } from '../config.ts';
import { type Access, accessOf } from './access.ts';
import { KubernetesApi, type KubernetesObject } from './api.ts';
import { type KubernetesDiscovery, RESOURCES_OF, type ResourceName } from './config.ts';
import { keyOf, Mirror } from './mirror.ts';
import {
  endpointSliceTargets,
  endpointsTargets,
  type FoundTarget,
  ingressTargets,
  nodeTargets,
  type Others,
  podTargets,
  serviceTargets,
} from './targets.ts';

export type KubernetesGroup = TargetGroup & { meta: Record<string, string> };

export interface WatchingOptions {
  clock: Clock;
  log: Log;
  /** Told of all targets whenever they may have changed. */
  found(groups: KubernetesGroup[]): void;
  /** Changes within this time are told of together. */
  gatherMs?: number;
}

const PATHS: Record<ResourceName, [group: string, plural: string]> = {
  node: ['/api/v1', 'nodes'],
  service: ['/api/v1', 'services'],
  pod: ['/api/v1', 'pods'],
  endpoints: ['/api/v1', 'endpoints'],
  endpointslice: ['/apis/discovery.k8s.io/v1', 'endpointslices'],
  ingress: ['/apis/networking.k8s.io/v1', 'ingresses'],
};
const GATHER_MS = 1_000;
const RETRY_MS = 30_000;

/** Follows a cluster and tells of its targets, until the signal is aborted. */
export async function followKubernetes(
  config: KubernetesDiscovery,
  options: WatchingOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = options;
  while (!signal.aborted)
    try {
      return await follow(config, await accessOf(config), options, signal);
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ role: config.role, error: messageOf(error) }, 'Kubernetes cannot be followed; trying again');
      await clock.sleep(RETRY_MS, signal).catch(() => {});
    }
}

async function follow(
  config: KubernetesDiscovery,
  access: Access,
  { clock, log, found, gatherMs = GATHER_MS }: WatchingOptions,
  signal: AbortSignal,
): Promise<void> {
  const api = new KubernetesApi(access);
  const wake = new Wake();
  const mirrors = new Map<ResourceName, Mirror[]>();
  for (const resource of RESOURCES_OF[config.role]) {
    if (resource === 'node' && config.role !== 'node' && !config.attach_metadata.node) continue;
    const paths = pathsOf(resource, config, access);
    mirrors.set(
      resource,
      paths.map(
        path =>
          new Mirror({ api, clock, log, path, query: queryOf(resource, config), changed: () => wake.call() }),
      ),
    );
  }
  const all = [...mirrors.values()].flat();
  const running = Promise.all(all.map(mirror => mirror.run(signal)));
  signal.addEventListener('abort', () => wake.call(), { once: true });
  let troubles = '';
  while (!signal.aborted) {
    await wake.called();
    if (signal.aborted) break;
    await clock.sleep(gatherMs, signal).catch(() => {});
    // Half of a picture would end the targets that the other half has.
    if (signal.aborted || !all.every(mirror => mirror.listed)) continue;
    const { groups, problems } = groupsOf(config, mirrors);
    const told = problems.join('; ');
    if (told !== troubles && told !== '')
      log.warn({ role: config.role }, `objects that cannot be read are left out: ${told}`);
    troubles = told;
    found(groups);
  }
  await running;
}

function groupsOf(
  config: KubernetesDiscovery,
  mirrors: ReadonlyMap<ResourceName, readonly Mirror[]>,
): { groups: KubernetesGroup[]; problems: string[] } {
  const find = (resource: ResourceName, key: string) => {
    for (const mirror of mirrors.get(resource) ?? []) {
      const object = mirror.objects.get(key);
      if (object !== undefined) return object;
    }
    return undefined;
  };
  const others: Others = {
    service: (namespace, name) => find('service', `${namespace}/${name}`) as Service | undefined,
    pod: (namespace, name) => find('pod', `${namespace}/${name}`) as Pod | undefined,
    node: name => (config.attach_metadata.node ? (find('node', `/${name}`) as Node | undefined) : undefined),
  };
  const groups: KubernetesGroup[] = [];
  const problems: string[] = [];
  for (const mirror of mirrors.get(config.role) ?? [])
    for (const object of mirror.objects.values())
      try {
        for (const { address, meta, labels = {} } of targetsOf(config.role, object, others))
          groups.push({ targets: [address], labels, meta: { ...meta } });
      } catch (error) {
        // One object of another shape than its kind has must not hide the others.
        if (problems.length < 5) problems.push(`${keyOf(object)}: ${messageOf(error).slice(0, 100)}`);
      }
  return { groups, problems };
}

function targetsOf(role: ResourceName, object: KubernetesObject, others: Others): FoundTarget[] {
  switch (role) {
    case 'node':
      return nodeTargets(object as Node);
    case 'service':
      return serviceTargets(object as Service);
    case 'pod':
      return podTargets(object as Pod, others);
    case 'endpoints':
      return endpointsTargets(object as Endpoints, others);
    case 'endpointslice':
      return endpointSliceTargets(object as EndpointSlice, others);
    case 'ingress':
      return ingressTargets(object as Ingress);
  }
}

function pathsOf(resource: ResourceName, { namespaces }: KubernetesDiscovery, access: Access): string[] {
  const [group, plural] = PATHS[resource];
  if (resource === 'node') return [`${group}/${plural}`];
  const names = new Set(namespaces.names);
  if (namespaces.own_namespace) {
    if (access.ownNamespace === undefined)
      throw new Fault('invalid', 'The own namespace is not known: Nines does not run in the cluster.');
    names.add(access.ownNamespace);
  }
  if (names.size === 0) return [`${group}/${plural}`];
  return [...names].map(name => `${group}/namespaces/${encodeURIComponent(name)}/${plural}`);
}

function queryOf(resource: ResourceName, { selectors }: KubernetesDiscovery): Record<string, string> {
  const mine = selectors.filter(selector => selector.role === resource);
  const joined = (part: 'label' | 'field') =>
    mine
      .map(one => one[part])
      .filter(text => text !== '')
      .join(',');
  const [label, field] = [joined('label'), joined('field')];
  return {
    ...(label === '' ? {} : { labelSelector: label }),
    ...(field === '' ? {} : { fieldSelector: field }),
  };
}

/** Somebody who waits, and calls that are not lost while nobody does. */
class Wake {
  #pending = false;
  #resolve: (() => void) | undefined;

  call(): void {
    this.#pending = true;
    this.#resolve?.();
  }

  async called(): Promise<void> {
    if (!this.#pending)
      await new Promise<void>(resolve => {
        this.#resolve = resolve;
      });
    this.#pending = false;
    this.#resolve = undefined;
  }
}
