import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod, Service } from 'kubernetes-types/core/v1.d.ts';
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

const pod: Pod = {
  metadata: {
    name: 'front-7d9',
    namespace: 'shop',
    uid: 'u-1',
    labels: { 'app.kubernetes.io/name': 'front' },
    annotations: { 'prometheus.io/scrape': 'true' },
    ownerReferences: [
      { apiVersion: 'v1', kind: 'Other', name: 'x', uid: 'o' },
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'front', uid: 'r', controller: true },
    ],
  },
  spec: {
    nodeName: 'node-1',
    containers: [
      {
        name: 'web',
        image: 'front:1',
        ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }, { containerPort: 9090 }],
      },
      { name: 'sidecar', image: 'side:1' },
    ],
    initContainers: [{ name: 'migrate', image: 'migrate:1' }],
  },
  status: {
    podIP: '10.0.0.7',
    hostIP: '192.0.2.1',
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [
      { name: 'web', containerID: 'containerd://abc', image: '', imageID: '', ready: true, restartCount: 0 },
    ],
  },
};
const service: Service = {
  metadata: { name: 'front', namespace: 'shop', labels: { tier: 'web' } },
  spec: { type: 'ClusterIP', clusterIP: '10.96.0.1', ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
};
const node: Node = {
  metadata: { name: 'node-1', labels: { 'topology.kubernetes.io/zone': 'a' } },
  spec: { providerID: 'metal://1' },
  status: {
    addresses: [
      { type: 'Hostname', address: 'node-1.example' },
      { type: 'InternalIP', address: '192.0.2.1' },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
  },
};
const others: Others = { service: () => undefined, pod: () => undefined, node: () => undefined };
const whole: Others = {
  service: (namespace, name) => (`${namespace}/${name}` === 'shop/front' ? service : undefined),
  pod: (namespace, name) => (`${namespace}/${name}` === 'shop/front-7d9' ? pod : undefined),
  node: name => (name === 'node-1' ? node : undefined),
};

/** The labels without the common beginning. */
const shown = (targets: FoundTarget[]) =>
  targets.map(({ address, meta }) => ({
    address,
    ...Object.fromEntries(
      Object.entries(meta).map(([name, value]) => [name.replace('__meta_kubernetes_', ''), value]),
    ),
  }));
const podLabels = {
  pod_name: 'front-7d9',
  pod_ip: '10.0.0.7',
  pod_ready: 'true',
  pod_phase: 'Running',
  pod_node_name: 'node-1',
  pod_host_ip: '192.0.2.1',
  pod_uid: 'u-1',
  pod_controller_kind: 'ReplicaSet',
  pod_controller_name: 'front',
  pod_label_app_kubernetes_io_name: 'front',
  pod_labelpresent_app_kubernetes_io_name: 'true',
  pod_annotation_prometheus_io_scrape: 'true',
  pod_annotationpresent_prometheus_io_scrape: 'true',
};
const nodeLabels = {
  node_name: 'node-1',
  node_provider_id: 'metal://1',
  node_label_topology_kubernetes_io_zone: 'a',
  node_labelpresent_topology_kubernetes_io_zone: 'true',
};
const serviceLabels = { service_name: 'front', service_label_tier: 'web', service_labelpresent_tier: 'true' };

test('a pod has a target for each port, one without for a container that has none, and its init containers', () => {
  const [http, second, sidecar, init, ...more] = shown(podTargets(pod, others));
  assert.deepEqual(more, []);
  assert.deepEqual(http, {
    address: '10.0.0.7:8080',
    namespace: 'shop',
    ...podLabels,
    pod_container_name: 'web',
    pod_container_id: 'containerd://abc',
    pod_container_image: 'front:1',
    pod_container_init: 'false',
    pod_container_port_name: 'http',
    pod_container_port_number: '8080',
    pod_container_port_protocol: 'TCP',
  });
  assert.equal(second?.address, '10.0.0.7:9090');
  assert.deepEqual(
    [sidecar?.address, sidecar && 'pod_container_port_number' in sidecar],
    ['10.0.0.7', false],
  );
  assert.deepEqual(
    [init?.address, (init as Record<string, string>).pod_container_init],
    ['10.0.0.7', 'true'],
  );
});

test('a pod without an address has no target; one whose readiness nobody tells is unknown', () => {
  assert.deepEqual(podTargets({ ...pod, status: {} }, others), []);
  const { conditions: _, ...status } = pod.status!;
  const [first] = shown(podTargets({ ...pod, status: { ...status, podIP: 'fd00::7' } }, others)) as Record<
    string,
    string
  >[];
  assert.deepEqual([first?.pod_ready, first?.address], ['unknown', '[fd00::7]:8080']);
});

test('with attach_metadata a pod has the labels of its node', () => {
  const [first] = shown(podTargets(pod, whole));
  for (const [name, value] of Object.entries(nodeLabels))
    assert.equal((first as Record<string, string>)[name], value);
});

test('a node is reached at its first address of the best type, and is an instance by its name', () => {
  const [target] = nodeTargets(node);
  assert.deepEqual(target?.labels, { instance: 'node-1' });
  assert.deepEqual(shown(nodeTargets(node)), [
    {
      address: '192.0.2.1:10250',
      ...nodeLabels,
      node_address_Hostname: 'node-1.example',
      node_address_InternalIP: '192.0.2.1',
    },
  ]);
  assert.deepEqual(nodeTargets({ metadata: { name: 'x' } }), []);
});

test('a service has a target for each port, by its name in the cluster', () => {
  assert.deepEqual(shown(serviceTargets(service)), [
    {
      address: 'front.shop.svc:80',
      namespace: 'shop',
      ...serviceLabels,
      service_port_name: 'http',
      service_port_number: '80',
      service_port_protocol: 'TCP',
      service_type: 'ClusterIP',
      service_cluster_ip: '10.96.0.1',
    },
  ]);
  const outside = {
    ...service,
    spec: { ...service.spec, type: 'ExternalName', externalName: 'pay.example' },
  };
  const [external] = shown(serviceTargets(outside)) as Record<string, string>[];
  assert.deepEqual(
    [external?.service_external_name, external?.service_cluster_ip],
    ['pay.example', undefined],
  );
});

test('endpoints have the labels of their service and pods, and the other ports of those pods', () => {
  const reference = { kind: 'Pod', name: 'front-7d9', namespace: 'shop' };
  const targets = shown(
    endpointsTargets(
      {
        metadata: { name: 'front', namespace: 'shop', labels: { x: 'y' } },
        subsets: [
          {
            ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
            addresses: [{ ip: '10.0.0.7', nodeName: 'node-1', targetRef: reference }],
            notReadyAddresses: [{ ip: '10.0.0.8', hostname: 'front-8' }],
          },
        ],
      },
      { ...whole, node: () => undefined },
    ),
  );
  const common = {
    namespace: 'shop',
    endpoints_name: 'front',
    endpoints_label_x: 'y',
    endpoints_labelpresent_x: 'true',
    ...serviceLabels,
  };
  const port = { endpoint_port_name: 'http', endpoint_port_protocol: 'TCP' };
  assert.deepEqual(targets, [
    {
      address: '10.0.0.7:8080',
      ...common,
      ...port,
      endpoint_ready: 'true',
      endpoint_address_target_kind: 'Pod',
      endpoint_address_target_name: 'front-7d9',
      endpoint_node_name: 'node-1',
      ...podLabels,
      pod_container_name: 'web',
      pod_container_image: 'front:1',
      pod_container_port_name: 'http',
      pod_container_port_number: '8080',
      pod_container_port_protocol: 'TCP',
    },
    { address: '10.0.0.8:8080', ...common, ...port, endpoint_ready: 'false', endpoint_hostname: 'front-8' },
    {
      address: '10.0.0.7:9090',
      ...common,
      ...podLabels,
      pod_container_name: 'web',
      pod_container_image: 'front:1',
      pod_container_port_name: '',
      pod_container_port_number: '9090',
      pod_container_port_protocol: 'TCP',
    },
  ]);
});

test('an endpoint slice tells of conditions, topology and zone, and belongs to the service that its label names', () => {
  const [first, ...more] = shown(
    endpointSliceTargets(
      {
        addressType: 'IPv4',
        metadata: { name: 'front-abc', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'front' } },
        ports: [{ name: 'http', port: 80, protocol: 'TCP', appProtocol: 'http' }],
        endpoints: [
          {
            addresses: ['10.0.0.9'],
            conditions: { ready: true, serving: true, terminating: false },
            hostname: 'h',
            nodeName: 'node-1',
            zone: 'a',
            deprecatedTopology: { 'topology.kubernetes.io/region': 'r' },
          },
        ],
      },
      { ...whole, node: () => undefined },
    ),
  );
  assert.deepEqual(more, []);
  assert.deepEqual(first, {
    address: '10.0.0.9:80',
    namespace: 'shop',
    endpointslice_name: 'front-abc',
    endpointslice_address_type: 'IPv4',
    endpointslice_label_kubernetes_io_service_name: 'front',
    endpointslice_labelpresent_kubernetes_io_service_name: 'true',
    ...serviceLabels,
    endpointslice_port_name: 'http',
    endpointslice_port_protocol: 'TCP',
    endpointslice_port: '80',
    endpointslice_port_app_protocol: 'http',
    endpointslice_endpoint_conditions_ready: 'true',
    endpointslice_endpoint_conditions_serving: 'true',
    endpointslice_endpoint_conditions_terminating: 'false',
    endpointslice_endpoint_hostname: 'h',
    endpointslice_endpoint_node_name: 'node-1',
    endpointslice_endpoint_zone: 'a',
    endpointslice_endpoint_topology_topology_kubernetes_io_region: 'r',
    endpointslice_endpoint_topology_present_topology_kubernetes_io_region: 'true',
  });
});

test('an ingress has a target for each path, https where a certificate is for its host', () => {
  const targets = shown(
    ingressTargets({
      metadata: { name: 'shop', namespace: 'shop' },
      spec: {
        ingressClassName: 'nginx',
        tls: [{ hosts: ['*.shop.example'] }],
        rules: [
          {
            host: 'www.shop.example',
            http: {
              paths: [
                { path: '/', pathType: 'Prefix', backend: {} },
                { path: '/pay', pathType: 'Prefix', backend: {} },
              ],
            },
          },
          { host: 'a.b.shop.example' },
        ],
      },
    }),
  ) as Record<string, string>[];
  assert.deepEqual(
    targets.map(one => [one.address, one.ingress_scheme, one.ingress_path, one.ingress_class_name]),
    [
      ['www.shop.example', 'https', '/', 'nginx'],
      ['www.shop.example', 'https', '/pay', 'nginx'],
      ['a.b.shop.example', 'http', '/', 'nginx'],
    ],
  );
});
