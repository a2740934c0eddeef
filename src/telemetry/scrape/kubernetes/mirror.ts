import { type Clock, Fault, type Log, messageOf } from '../../../kernel/index.ts';
import { Gone, type KubernetesApi, type KubernetesObject, type WatchEvent } from './api.ts';

export interface MirrorOptions {
  api: KubernetesApi;
  clock: Clock;
  log: Log;
  /** As /api/v1/pods. */
  path: string;
  /** labelSelector and fieldSelector. */
  query: Record<string, string>;
  changed(): void;
}

/** Objects that are kept at most: a cluster of Kubernetes' own bounds has 150,000 pods. */
const MOST_OBJECTS = 150_000;
const PAGE = '500';
const SHORTEST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/**
 * A copy of the objects at one path: listed once, then kept by a watch from that version on. What the server no longer
 * remembers is listed anew; while it is away the copy stays as it is.
 */
export class Mirror {
  readonly objects = new Map<string, KubernetesObject>();
  /** Whether it has been listed once. */
  listed = false;
  readonly #options: MirrorOptions;
  #version = '';
  #failures = 0;

  constructor(options: MirrorOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, path } = this.#options;
    let relist = true;
    while (!signal.aborted) {
      const begun = clock.now();
      try {
        if (relist) await this.#list(signal);
        relist = false;
        await this.#watch(signal);
        this.#failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Gone) {
          relist = true;
          log.debug({ path }, 'the version that was watched is gone; listing anew');
        } else {
          if (this.#failures === 0)
            log.warn({ path, error: messageOf(error) }, 'Kubernetes does not answer; what was found stays');
          this.#failures += 1;
        }
      }
      if (signal.aborted) return;
      // A server that ends each watch at once must not be asked without end.
      const wait = Math.min(SHORTEST_WAIT_MS * 2 ** Math.max(0, this.#failures - 1), LONGEST_WAIT_MS);
      if (this.#failures > 0 || clock.now() - begun < SHORTEST_WAIT_MS)
        await clock.sleep(wait, signal).catch(() => {});
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { api, path, query, changed } = this.#options;
    const found = new Map<string, KubernetesObject>();
    let version = '';
    for (let next: string | undefined = ''; next !== undefined; ) {
      const page = await api.list(
        path,
        { ...query, limit: PAGE, ...(next === '' ? {} : { continue: next }) },
        signal,
      );
      for (const object of page.items ?? []) found.set(keyOf(object), object);
      if (found.size > MOST_OBJECTS)
        throw new Fault('too_large', `${path} has more than ${MOST_OBJECTS} objects.`, {
          hint: 'Narrow it by namespaces or selectors.',
        });
      version = page.metadata?.resourceVersion ?? version;
      next = page.metadata?.continue || undefined;
    }
    this.#version = version;
    this.#failures = 0;
    this.objects.clear();
    for (const [key, object] of found) this.objects.set(key, object);
    this.listed = true;
    changed();
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { api, path, query } = this.#options;
    const asked = {
      ...query,
      resourceVersion: this.#version,
      allowWatchBookmarks: 'true',
    };
    for await (const event of api.watch(path, asked, signal)) this.#take(event);
  }

  #take({ type, object }: WatchEvent): void {
    this.#version = object.metadata?.resourceVersion ?? this.#version;
    // The watch lives; what failed before is over.
    this.#failures = 0;
    if (type === 'BOOKMARK') return;
    if (type === 'DELETED') this.objects.delete(keyOf(object));
    else if (this.objects.size < MOST_OBJECTS || this.objects.has(keyOf(object)))
      this.objects.set(keyOf(object), object);
    else throw new Fault('too_large', `${this.#options.path} has more than ${MOST_OBJECTS} objects.`);
    this.#options.changed();
  }
}

/** `namespace/name`, which are unique among objects of one kind. */
export function keyOf({ metadata }: KubernetesObject): string {
  return `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
}
