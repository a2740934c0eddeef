import type {
  Container,
  ContainerStatus,
  EndpointPort,
  Endpoints,
  Node,
  ObjectReference,
  Pod,
  Service,
} from 'kubernetes-types/core/v1.d.ts';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1.d.ts';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.d.ts';
import type { Ingress } from 'kubernetes-types/networking/v1.d.ts';

/** A target with its labels, as `__meta_kubernetes_…`; undefined ones are not set. */
export interface FoundTarget {
  address: string;
  meta: Record<string, string>;
  labels?: Record<string, string>;
}

/** What stands beside the objects of a role. */
export interface Others {
  service(namespace: string, name: string): Service | undefined;
  pod(namespace: string, name: string): Pod | undefined;
  /** Undefined also where nodes are not attached. */
  node(name: string): Node | undefined;
}

type Values = Record<string, string | undefined>;

const META = '__meta_kubernetes_';

/*
 * The labels are Prometheus's own, of each role:
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#kubernetes_sd_config
 */

export function nodeTargets(node: Node): FoundTarget[] {
  const addresses = new Map<string, string>();
  for (const { type, address } of node.status?.addresses ?? [])
    if (!addresses.has(type)) addresses.set(type, address);
  const host = ['InternalIP', 'InternalDNS', 'ExternalIP', 'ExternalDNS', 'LegacyHostIP', 'Hostname']
    .map(type => addresses.get(type))
    .find(address => address !== undefined);
  if (host === undefined) return [];
  const name = node.metadata?.name ?? '';
  return [
    {
      address: joined(host, node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0),
      labels: { instance: name },
      meta: named({
        ...nodeLabels(node),
        ...Object.fromEntries(
          [...addresses].map(([type, address]) => [`node_address_${sanitized(type)}`, address]),
        ),
      }),
    },
  ];
}

export function serviceTargets(service: Service): FoundTarget[] {
  const { metadata, spec } = service;
  const external = spec?.type === 'ExternalName';
  return (spec?.ports ?? []).map(port => ({
    address: joined(`${metadata?.name}.${metadata?.namespace}.svc`, port.port),
    meta: named({
      ...serviceLabels(service),
      service_port_name: port.name ?? '',
      service_port_number: String(port.port),
      service_port_protocol: port.protocol ?? 'TCP',
      service_type: spec?.type,
      service_external_name: external ? spec?.externalName : undefined,
      service_cluster_ip: external ? undefined : spec?.clusterIP,
      service_loadbalancer_ip: spec?.type === 'LoadBalancer' ? spec.loadBalancerIP : undefined,
    }),
  }));
}

export function podTargets(pod: Pod, others: Pick<Others, 'node'>): FoundTarget[] {
  const ip = pod.status?.podIP;
  // Not yet, or no longer.
  if (ip === undefined || ip === '') return [];
  const common = {
    namespace: pod.metadata?.namespace,
    ...podLabels(pod),
    ...attached(pod.spec?.nodeName, others),
  };
  const of = (container: Container, init: boolean, statuses: readonly ContainerStatus[] | undefined) => {
    const labels: Values = {
      ...common,
      pod_container_name: container.name,
      pod_container_id: statuses?.find(status => status.name === container.name)?.containerID ?? '',
      pod_container_image: container.image,
      pod_container_init: String(init),
    };
    const ports = container.ports ?? [];
    // Without a port the configuration has to give one.
    if (ports.length === 0) return [{ address: ip, meta: named(labels) }];
    return ports.map(port => ({
      address: joined(ip, port.containerPort),
      meta: named({
        ...labels,
        pod_container_port_name: port.name ?? '',
        pod_container_port_number: String(port.containerPort),
        pod_container_port_protocol: port.protocol ?? 'TCP',
      }),
    }));
  };
  return [
    ...(pod.spec?.containers ?? []).flatMap(one => of(one, false, pod.status?.containerStatuses)),
    ...(pod.spec?.initContainers ?? []).flatMap(one => of(one, true, pod.status?.initContainerStatuses)),
  ];
}

export function endpointsTargets(endpoints: Endpoints, others: Others): FoundTarget[] {
  const { name = '', namespace = '' } = endpoints.metadata ?? {};
  const common: Values = {
    namespace,
    endpoints_name: name,
    ...withService(others.service(namespace, name)),
    ...metadataLabels('endpoints', endpoints.metadata),
  };
  const pods = new SeenPods(others);
  const targets: FoundTarget[] = [];
  for (const { addresses, notReadyAddresses, ports } of endpoints.subsets ?? [])
    for (const port of ports ?? [])
      for (const [list, ready] of [
        [addresses, 'true'],
        [notReadyAddresses, 'false'],
      ] as const)
        for (const address of list ?? [])
          targets.push({
            address: joined(address.ip, port.port),
            meta: named({
              ...common,
              endpoint_port_name: port.name ?? '',
              endpoint_port_protocol: port.protocol ?? 'TCP',
              endpoint_ready: ready,
              endpoint_address_target_kind: address.targetRef?.kind,
              endpoint_address_target_name: address.targetRef?.name,
              endpoint_node_name: address.nodeName,
              endpoint_hostname: address.hostname,
              ...attached(address.nodeName, others),
              ...pods.labels(address.targetRef, namespace, port.port),
            }),
          });
  return [...targets, ...pods.others(common)];
}

export function endpointSliceTargets(slice: EndpointSlice, others: Others): FoundTarget[] {
  const { namespace = '', labels } = slice.metadata ?? {};
  const service = labels?.['kubernetes.io/service-name'] ?? '';
  const common: Values = {
    namespace,
    endpointslice_name: slice.metadata?.name,
    endpointslice_address_type: slice.addressType,
    ...metadataLabels('endpointslice', slice.metadata),
    ...withService(others.service(namespace, service)),
  };
  const pods = new SeenPods(others);
  const targets: FoundTarget[] = [];
  for (const endpoint of slice.endpoints ?? [])
    for (const port of slice.ports ?? [])
      for (const address of endpoint.addresses ?? [])
        targets.push({
          address: port.port === undefined ? address : joined(address, port.port),
          meta: named({
            ...common,
            endpointslice_port_name: port.name,
            endpointslice_port_protocol: port.protocol,
            endpointslice_port: port.port === undefined ? undefined : String(port.port),
            endpointslice_port_app_protocol: port.appProtocol,
            endpointslice_endpoint_conditions_ready: flag(endpoint.conditions?.ready),
            endpointslice_endpoint_conditions_serving: flag(endpoint.conditions?.serving),
            endpointslice_endpoint_conditions_terminating: flag(endpoint.conditions?.terminating),
            endpointslice_endpoint_hostname: endpoint.hostname,
            endpointslice_endpoint_node_name: endpoint.nodeName,
            endpointslice_endpoint_zone: endpoint.zone,
            endpointslice_address_target_kind: endpoint.targetRef?.kind,
            endpointslice_address_target_name: endpoint.targetRef?.name,
            ...topology(endpoint.deprecatedTopology),
            ...attached(endpoint.nodeName, others),
            ...pods.labels(endpoint.targetRef, namespace, port.port),
          }),
        });
  return [...targets, ...pods.others(common)];
}

export function ingressTargets(ingress: Ingress): FoundTarget[] {
  const { metadata, spec } = ingress;
  const secure = (spec?.tls ?? []).flatMap(one => one.hosts ?? []);
  return (spec?.rules ?? []).flatMap(({ host = '', http }) => {
    const scheme = secure.some(pattern => matchesHost(pattern, host)) ? 'https' : 'http';
    const paths = http?.paths.map(({ path }) => path || '/') ?? ['/'];
    return paths.map(path => ({
      address: host,
      meta: named({
        namespace: metadata?.namespace,
        ingress_name: metadata?.name,
        ...metadataLabels('ingress', metadata),
        ingress_class_name: spec?.ingressClassName,
        ingress_scheme: scheme,
        ingress_host: host,
        ingress_path: path,
      }),
    }));
  });
}

/** The pods behind endpoints: their labels, and afterwards the ports of theirs that no endpoint leads to. */
class SeenPods {
  readonly #others: Others;
  readonly #seen = new Map<Pod, Set<number>>();

  constructor(others: Others) {
    this.#others = others;
  }

  labels(
    reference: ObjectReference | undefined,
    namespace: string,
    port: EndpointPort['port'] | undefined,
  ): Values {
    if (reference?.kind !== 'Pod') return {};
    const pod = this.#others.pod(reference.namespace ?? namespace, reference.name ?? '');
    if (pod === undefined) return {};
    const ports = this.#seen.get(pod) ?? new Set();
    this.#seen.set(pod, ports);
    if (port === undefined) return podLabels(pod);
    ports.add(port);
    return { ...podLabels(pod), ...containerLabels(pod, port) };
  }

  others(common: Values): FoundTarget[] {
    return [...this.#seen].flatMap(([pod, ports]) =>
      (pod.spec?.containers ?? []).flatMap(container =>
        (container.ports ?? [])
          .filter(port => !ports.has(port.containerPort))
          .map(port => ({
            address: joined(pod.status?.podIP ?? '', port.containerPort),
            meta: named({ ...common, ...podLabels(pod), ...containerLabels(pod, port.containerPort) }),
          })),
      ),
    );
  }
}

function containerLabels(pod: Pod, number: number): Values {
  for (const container of pod.spec?.containers ?? [])
    for (const port of container.ports ?? [])
      if (port.containerPort === number)
        return {
          pod_container_name: container.name,
          pod_container_image: container.image,
          pod_container_port_name: port.name ?? '',
          pod_container_port_number: String(number),
          pod_container_port_protocol: port.protocol ?? 'TCP',
        };
  return {};
}

function podLabels({ metadata, spec, status }: Pod): Values {
  const controller = metadata?.ownerReferences?.find(reference => reference.controller);
  const ready = status?.conditions?.find(condition => condition.type === 'Ready')?.status ?? 'Unknown';
  return {
    pod_name: metadata?.name,
    pod_ip: status?.podIP,
    pod_ready: ready.toLowerCase(),
    pod_phase: status?.phase,
    pod_node_name: spec?.nodeName,
    pod_host_ip: status?.hostIP,
    pod_uid: metadata?.uid,
    pod_controller_kind: controller?.kind,
    pod_controller_name: controller?.name,
    ...metadataLabels('pod', metadata),
  };
}

function serviceLabels({ metadata }: Service): Values {
  return {
    namespace: metadata?.namespace,
    service_name: metadata?.name,
    ...metadataLabels('service', metadata),
  };
}

function withService(service: Service | undefined): Values {
  return service === undefined ? {} : serviceLabels(service);
}

function nodeLabels({ metadata, spec }: Node): Values {
  return {
    node_name: metadata?.name,
    node_provider_id: spec?.providerID,
    ...metadataLabels('node', metadata),
  };
}

function attached(name: string | undefined, { node }: Pick<Others, 'node'>): Values {
  const found = name === undefined ? undefined : node(name);
  return found === undefined ? {} : nodeLabels(found);
}

function metadataLabels(kind: string, metadata: ObjectMeta | undefined): Values {
  const values: Values = {};
  for (const [what, entries] of [
    ['label', metadata?.labels],
    ['annotation', metadata?.annotations],
  ] as const)
    for (const [name, value] of Object.entries(entries ?? {})) {
      values[`${kind}_${what}_${sanitized(name)}`] = value;
      values[`${kind}_${what}present_${sanitized(name)}`] = 'true';
    }
  return values;
}

function topology(entries: Readonly<Record<string, string>> | undefined): Values {
  const values: Values = {};
  for (const [name, value] of Object.entries(entries ?? {})) {
    values[`endpointslice_endpoint_topology_${sanitized(name)}`] = value;
    values[`endpointslice_endpoint_topology_present_${sanitized(name)}`] = 'true';
  }
  return values;
}

/** Whether a host is the pattern, or the `*.` of it stands for its first part. */
function matchesHost(pattern: string, host: string): boolean {
  if (pattern === host) return true;
  const [first, ...rest] = pattern.split('.');
  return first === '*' && rest.join('.') === host.split('.').slice(1).join('.');
}

function named(values: Values): Record<string, string> {
  const meta: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) if (value !== undefined) meta[`${META}${name}`] = value;
  return meta;
}

function sanitized(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/g, '_');
}

function flag(value: boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** HOST:PORT, an IPv6 address in brackets. */
function joined(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
