import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { testAuthority } from '../../../../test/kit/certificates.ts';
import { KubernetesApiServer } from '../../../../test/kit/kubernetes-api.ts';
import { createLog, systemClock } from '../../../kernel/index.ts';
import { KubernetesDiscovery } from './config.ts';
import { followKubernetes, type KubernetesGroup } from './discovery.ts';

const folder = mkdtempSync(join(tmpdir(), 'nines-kubernetes-'));
after(() => rmSync(folder, { recursive: true }));

// Waits are real here, as the server is; they are made short.
const clock = {
  ...systemClock,
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 100, signal),
};

const pod = (name: string, namespace = 'shop', labels: Record<string, string> = {}): Pod => ({
  metadata: { name, namespace, labels },
  spec: { containers: [{ name: 'web', image: 'x', ports: [{ containerPort: 80 }] }], nodeName: 'node-1' },
  status: { podIP: `10.0.0.${name.replace(/\D/g, '') || '1'}`, phase: 'Running' },
});

async function following(config: object, prepare: (api: KubernetesApiServer) => void = () => {}) {
  const api = new KubernetesApiServer();
  const url = await api.listen();
  prepare(api);
  const stop = new AbortController();
  let groups: KubernetesGroup[] | undefined;
  let told = 0;
  const read = KubernetesDiscovery.parse({ role: 'pod', api_server: url, ...config });
  const running = followKubernetes(
    read,
    {
      clock,
      log: createLog('silent'),
      gatherMs: 100,
      found: all => {
        groups = all;
        told += 1;
      },
    },
    stop.signal,
  );
  const addresses = () => groups?.flatMap(group => group.targets).sort();
  const until = async (wanted: string[]) => {
    for (let i = 0; i < 1000 && JSON.stringify(addresses()) !== JSON.stringify(wanted); i++)
      await new Promise(resolve => setTimeout(resolve, 5));
    assert.deepEqual(addresses(), wanted);
  };
  const watched = async (count = 1) => {
    for (let i = 0; i < 1000 && api.watching < count; i++)
      await new Promise(resolve => setTimeout(resolve, 5));
    assert.ok(api.watching >= count, `${api.watching} watches`);
  };
  return {
    api,
    url,
    until,
    watched,
    told: () => told,
    groups: () => groups,
    stop: async () => {
      stop.abort();
      await running;
      api.close();
    },
  };
}

test('what there is is listed in pages, and what comes and goes is followed', async () => {
  const { api, until, watched, stop } = await following({}, one => {
    for (let i = 1; i <= 3; i++) one.put('pods', pod(`p${i}`));
  });
  await until(['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80']);
  await watched();
  api.put('pods', pod('p4'));
  api.delete('pods', 'shop', 'p1');
  await until(['10.0.0.2:80', '10.0.0.3:80', '10.0.0.4:80']);
  assert.equal(api.requests.filter(path => path.includes('limit=')).length, 1, 'listed once');
  assert.match(api.requests.at(-1)!, /allowWatchBookmarks=true.*watch=1/);
  await stop();
});

test('more objects than a page holds are all found', async () => {
  const { api, until, stop } = await following({ role: 'service' }, one => {
    for (let i = 0; i < 1201; i++)
      one.put('services', {
        metadata: { name: `s${i}`, namespace: 'shop' },
        spec: { ports: i === 1200 ? [{ port: 80 }] : [] },
      });
  });
  await until(['s1200.shop.svc:80']);
  assert.equal(api.requests.filter(path => path.includes('limit=')).length, 3);
  await stop();
});

for (const how of ['cleanly', 'broken'] as const)
  test(`a watch that ends ${how} goes on from where it was, without listing anew`, async () => {
    const { api, until, watched, stop } = await following({}, one => one.put('pods', pod('p1')));
    await until(['10.0.0.1:80']);
    await watched();
    api.endWatches(how);
    api.put('pods', pod('p2'));
    await until(['10.0.0.1:80', '10.0.0.2:80']);
    assert.equal(api.requests.filter(path => path.includes('limit=')).length, 1);
    await stop();
  });

for (const how of ['gone', 'cleanly'] as const)
  test(`a version that is gone, told ${how === 'gone' ? 'within the watch' : 'by status 410'}, is listed anew, and what was deleted meanwhile is gone`, async () => {
    const { api, until, watched, stop } = await following({}, one => {
      one.put('pods', pod('p1'));
      one.put('pods', pod('p2'));
    });
    await until(['10.0.0.1:80', '10.0.0.2:80']);
    await watched();
    api.failing = 503;
    api.endWatches(how);
    api.delete('pods', 'shop', 'p1');
    api.put('pods', pod('p3'));
    api.compact();
    api.failing = undefined;
    await until(['10.0.0.2:80', '10.0.0.3:80']);
    assert.ok(api.requests.filter(path => path.includes('limit=')).length >= 2);
    await stop();
  });

test('a bookmark carries the version on, so that a compaction costs no list', async () => {
  const { api, until, watched, stop } = await following({}, one => one.put('pods', pod('p1')));
  await until(['10.0.0.1:80']);
  await watched();
  api.compact();
  api.bookmark();
  api.endWatches('cleanly');
  await watched();
  api.put('pods', pod('p2'));
  await until(['10.0.0.1:80', '10.0.0.2:80']);
  assert.equal(api.requests.filter(path => path.includes('limit=')).length, 1);
  await stop();
});

test('while the server is away what was found stays, and it is not asked without end', async () => {
  const { api, until, watched, told, stop } = await following({}, one => one.put('pods', pod('p1')));
  await until(['10.0.0.1:80']);
  await watched();
  const before = { told: told(), asked: api.requests.length };
  api.failing = 500;
  api.endWatches('broken');
  await new Promise(resolve => setTimeout(resolve, 300));
  assert.equal(told(), before.told);
  assert.ok(api.requests.length - before.asked < 10, `${api.requests.length - before.asked} requests`);
  api.failing = undefined;
  api.put('pods', pod('p2'));
  await until(['10.0.0.1:80', '10.0.0.2:80']);
  await stop();
});

test('namespaces and selectors narrow what is asked for', async () => {
  const config = { namespaces: { names: ['shop'] }, selectors: [{ role: 'pod', label: 'app=front' }] };
  const { api, until, stop } = await following(config, one => {
    one.put('pods', pod('p1', 'shop', { app: 'front' }));
    one.put('pods', pod('p2', 'shop', { app: 'back' }));
    one.put('pods', pod('p3', 'other', { app: 'front' }));
  });
  await until(['10.0.0.1:80']);
  assert.match(api.requests[0]!, /^\/api\/v1\/namespaces\/shop\/pods\?labelSelector=app%3Dfront&limit=500$/);
  await stop();
});

test('endpoints wait for their pods and services too, and follow all three', async () => {
  const { api, until, watched, groups, stop } = await following(
    { role: 'endpoints', attach_metadata: { node: true } },
    one => {
      one.put('nodes', { metadata: { name: 'node-1' } });
      one.put('pods', pod('p1'));
      one.put('services', { metadata: { name: 'front', namespace: 'shop' } });
      one.put('endpoints', {
        metadata: { name: 'front', namespace: 'shop' },
        subsets: [
          {
            ports: [{ port: 80 }],
            addresses: [
              {
                ip: '10.0.0.1',
                nodeName: 'node-1',
                targetRef: { kind: 'Pod', name: 'p1', namespace: 'shop' },
              },
            ],
          },
        ],
      });
    },
  );
  await until(['10.0.0.1:80']);
  const meta = () => groups()![0]!.meta;
  assert.equal(meta().__meta_kubernetes_pod_name, 'p1');
  assert.equal(meta().__meta_kubernetes_service_name, 'front');
  assert.equal(meta().__meta_kubernetes_node_name, 'node-1');
  await watched(4);
  api.put('services', { metadata: { name: 'front', namespace: 'shop', labels: { team: 'web' } } });
  for (let i = 0; i < 500 && meta().__meta_kubernetes_service_label_team === undefined; i++)
    await new Promise(resolve => setTimeout(resolve, 5));
  assert.equal(meta().__meta_kubernetes_service_label_team, 'web');
  await stop();
});

test('an object of a wrong shape does not hide the others', async () => {
  const { until, stop } = await following({}, one => {
    one.put('pods', pod('p1'));
    one.put('pods', { ...pod('p2'), spec: { containers: 'none' as never } });
  });
  await until(['10.0.0.1:80']);
  await stop();
});

test('a token is read from its file each time, as it is replaced there', async () => {
  const file = join(folder, 'token');
  writeFileSync(file, 'old\n');
  const { api, until, watched, stop } = await following(
    { authorization: { credentials_file: file } },
    one => {
      one.token = 'old';
      one.put('pods', pod('p1'));
    },
  );
  await until(['10.0.0.1:80']);
  await watched();
  writeFileSync(file, 'new\n');
  api.token = 'new';
  api.endWatches('cleanly');
  api.put('pods', pod('p2'));
  await until(['10.0.0.1:80', '10.0.0.2:80']);
  await stop();
});

test('a kubeconfig names the server, its authority, and who asks', async () => {
  const authority = await testAuthority();
  const day = 86_400_000;
  const { cert, key } = await authority.issue({
    names: ['127.0.0.1'],
    from: new Date(Date.now() - day),
    to: new Date(Date.now() + day),
  });
  const asked: (string | undefined)[] = [];
  const server = createHttpsServer({ cert, key }, (request, response) => {
    asked.push(request.headers.authorization);
    const watch = request.url?.includes('watch=1');
    response.writeHead(200);
    if (watch) response.flushHeaders();
    else response.end(JSON.stringify({ metadata: { resourceVersion: '5' }, items: [pod('p7')] }));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const file = join(folder, 'kubeconfig');
  const text = (exec: string) => `apiVersion: v1
kind: Config
current-context: main
contexts: [{ name: main, context: { cluster: c, user: u, namespace: shop } }]
clusters:
  - name: c
    cluster:
      server: https://127.0.0.1:${(server.address() as AddressInfo).port}
      certificate-authority-data: ${Buffer.from(authority.ca).toString('base64')}
users: [{ name: u, user: { token: secret${exec} } }]
`;
  writeFileSync(file, text(''));
  const { until, stop } = await following({ api_server: undefined, kubeconfig_file: file });
  await until(['10.0.0.7:80']);
  assert.equal(asked[0], 'Bearer secret');
  await stop();
  server.close();
  server.closeAllConnections();
});

for (const [what, config, problem] of [
  [
    'both api_server and kubeconfig_file',
    { api_server: 'http://x', kubeconfig_file: 'y' },
    /exclude each other/,
  ],
  ['credentials without api_server', { bearer_token_file: 'x' }, /credentials go with api_server/],
  ...[{}, { credentials: 'x', credentials_file: 'y' }].map(
    authorization =>
      [
        `an authorization of ${JSON.stringify(authorization)}`,
        { api_server: 'http://x', authorization },
        /either credentials or credentials_file/,
      ] as const,
  ),
  [
    'a selector of another role',
    { selectors: [{ role: 'ingress', label: 'a=b' }] },
    /looks at pod, node, not at ingress/,
  ],
  ['an unknown role', { role: 'job' }, /role/],
  ['an unknown field', { role: 'pod', proxy: 'x' }, /proxy/],
] as const)
  test(`a configuration may not have ${what}`, () => {
    const read = KubernetesDiscovery.safeParse({ role: 'pod', ...config });
    assert.match(JSON.stringify(read.error?.issues ?? ''), problem);
  });
