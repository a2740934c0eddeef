import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Endpoints, Node, Pod, Service } from 'kubernetes-types/core/v1.d.ts';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1.d.ts';
import type { Status, WatchEvent } from 'kubernetes-types/meta/v1.d.ts';
import type { Ingress } from 'kubernetes-types/networking/v1.d.ts';

/** The kinds that are served, with the shapes of Kubernetes's own OpenAPI document (by `kubernetes-types`). */
interface Kinds {
  nodes: Node;
  services: Service;
  pods: Pod;
  endpoints: Endpoints;
  endpointslices: EndpointSlice;
  ingresses: Ingress;
}
type Plural = keyof Kinds;
type AnyObject = Kinds[Plural];

interface Change {
  version: number;
  plural: Plural;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: AnyObject;
}

const GROUPS: Record<Plural, string> = {
  nodes: '/api/v1',
  services: '/api/v1',
  pods: '/api/v1',
  endpoints: '/api/v1',
  endpointslices: '/apis/discovery.k8s.io/v1',
  ingresses: '/apis/networking.k8s.io/v1',
};

/**
 * A small API server: lists with pages, watches from a version, bookmarks, 401, 403 and 410. As the real one it forgets
 * old versions, ends watches, and may be away.
 */
export class KubernetesApiServer {
  readonly requests: string[] = [];
  /** What a request must bring; anything if undefined. */
  token: string | undefined;
  /** Answers every list and watch with this status. */
  failing: number | undefined;
  readonly #objects = new Map<string, { plural: Plural; object: AnyObject }>();
  #history: Change[] = [];
  #version = 100;
  #oldest = 0;
  readonly #watches = new Set<{
    response: ServerResponse;
    plural: Plural;
    namespace: string;
    query: URLSearchParams;
  }>();
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((request, response) => this.#answer(request, response));

  async listen(): Promise<string> {
    this.#server.on('connection', socket => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  put<K extends Plural>(plural: K, object: Kinds[K]): void {
    const key = keyOf(plural, object);
    const type = this.#objects.has(key) ? 'MODIFIED' : 'ADDED';
    this.#version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    this.#objects.set(key, { plural, object: stored });
    this.#tell({ version: this.#version, plural, type, object: stored });
  }

  delete(plural: Plural, namespace: string, name: string): void {
    const key = `${plural}/${namespace}/${name}`;
    const { object } = this.#objects.get(key) ?? {};
    if (object === undefined) throw new Error(`there is no ${key}`);
    this.#objects.delete(key);
    this.#version += 1;
    const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    this.#tell({ version: this.#version, plural, type: 'DELETED', object: last });
  }

  /** Forgets what was before now: a watch from then is answered with 410. */
  compact(): void {
    this.#version += 1;
    this.#oldest = this.#version;
    this.#history = [];
  }

  /** Ends all watches: cleanly, with an ERROR event of 410, or by breaking the connections. */
  endWatches(how: 'cleanly' | 'gone' | 'broken'): void {
    for (const { response } of this.#watches) {
      if (how === 'broken') response.destroy();
      else {
        if (how === 'gone')
          send(response, { type: 'ERROR', object: status(410, 'too old resource version') });
        response.end();
      }
    }
    this.#watches.clear();
  }

  bookmark(): void {
    for (const { response } of this.#watches)
      send(response, { type: 'BOOKMARK', object: { metadata: { resourceVersion: String(this.#version) } } });
  }

  get watching(): number {
    return this.#watches.size;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://api');
    this.requests.push(`${url.pathname}${url.search}`);
    const fail = (code: number, message: string) => {
      response.writeHead(code, { 'content-type': 'application/json' });
      response.end(JSON.stringify(status(code, message)));
    };
    const [, group, , namespace = '', plural] =
      /^(\/api\/v1|\/apis\/[^/]+\/v1)\/(namespaces\/([^/]+)\/)?([a-z]+)$/.exec(url.pathname) ?? [];
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`)
      fail(401, 'Unauthorized');
    else if (this.failing !== undefined) fail(this.failing, 'the server is not well');
    else if (!isPlural(plural) || GROUPS[plural] !== group)
      fail(404, 'the server could not find the requested resource');
    else if (url.searchParams.get('watch') === '1')
      this.#watch(plural, namespace, url.searchParams, response, fail);
    else this.#list(plural, namespace, url.searchParams, response);
  }

  #list(plural: Plural, namespace: string, query: URLSearchParams, response: ServerResponse): void {
    const all = [...this.#objects.values()]
      .filter(one => one.plural === plural && matches(one.object, namespace, query))
      .map(one => one.object);
    const from = Number(query.get('continue') ?? 0);
    const to = from + Number(query.get('limit') ?? all.length);
    const metadata = {
      resourceVersion: String(this.#version),
      ...(to < all.length ? { continue: String(to) } : {}),
    };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ kind: 'List', apiVersion: 'v1', metadata, items: all.slice(from, to) }));
  }

  #watch(
    plural: Plural,
    namespace: string,
    query: URLSearchParams,
    response: ServerResponse,
    fail: (code: number, message: string) => void,
  ): void {
    const since = Number(query.get('resourceVersion') ?? 0);
    if (since < this.#oldest) {
      fail(410, `too old resource version: ${since} (${this.#oldest})`);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const watch = { response, plural, namespace, query };
    this.#watches.add(watch);
    response.on('close', () => this.#watches.delete(watch));
    for (const change of this.#history)
      if (change.version > since && change.plural === plural && matches(change.object, namespace, query))
        send(response, change);
  }

  #tell(change: Change): void {
    this.#history.push(change);
    for (const { response, plural, namespace, query } of this.#watches)
      if (change.plural === plural && matches(change.object, namespace, query)) send(response, change);
  }
}

function send(
  response: ServerResponse,
  { type, object }: Omit<WatchEvent, 'object'> & { object: unknown },
): void {
  response.write(`${JSON.stringify({ type, object })}\n`);
}

function status(code: number, message: string): Status {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message };
}

function keyOf(plural: Plural, { metadata }: AnyObject): string {
  return `${plural}/${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
}

function isPlural(name: string | undefined): name is Plural {
  return name !== undefined && name in GROUPS;
}

/** Namespace, and selectors of the form a=b,c=d. */
function matches({ metadata }: AnyObject, namespace: string, query: URLSearchParams): boolean {
  if (namespace !== '' && metadata?.namespace !== namespace) return false;
  const pairs = (text: string | null) =>
    (text ?? '')
      .split(',')
      .filter(Boolean)
      .map(pair => pair.split('='));
  return (
    pairs(query.get('labelSelector')).every(([name, value]) => metadata?.labels?.[name!] === value) &&
    pairs(query.get('fieldSelector')).every(
      ([name, value]) => name !== 'metadata.name' || metadata?.name === value,
    )
  );
}
