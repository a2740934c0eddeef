import type { Catalog } from '../catalog/index.ts';
import { Fault } from '../kernel/index.ts';
import type { Action } from './action.ts';
import type { ActionOutcome, LogLine, PerformOptions, Platform } from './platform.ts';
import { inverseOf, type ServiceState } from './service-state.ts';

/** A platform in memory that a test steers: what it performed, what fails, what never ends. */
export class FakePlatform implements Platform {
  readonly name = 'local';
  readonly performed: { key: string; action: Action }[] = [];
  /** What the next actions answer instead of being done, first come first. */
  readonly failures: ActionOutcome[] = [];
  /** Called in the middle of each action. */
  meanwhile: (action: Action) => Promise<void> = async () => {};
  /** Instances that are taken for unhealthy, whatever is done. */
  sick = 0;
  readonly #states = new Map<string, { releases: string[]; replicas: number }>();
  readonly #done = new Map<string, ActionOutcome>();

  reset(): void {
    this.performed.length = 0;
    this.failures.length = 0;
    this.meanwhile = async () => {};
    this.sick = 0;
    this.#states.clear();
  }

  set(service: string, release: string, replicas = 1): void {
    this.#states.set(service, { releases: [release], replicas });
  }

  async services(): Promise<string[]> {
    return [...this.#states.keys()];
  }

  async state(service: string): Promise<ServiceState> {
    const found = this.#states.get(service);
    if (found === undefined) throw new Fault('not_found', `no ${service}`);
    const release = found.releases.at(-1)!;
    const previousRelease = found.releases.at(-2);
    return {
      service,
      platform: 'local',
      release,
      ...(previousRelease === undefined ? {} : { previousRelease }),
      replicas: found.replicas,
      maxReplicas: 4,
      instances: Array.from({ length: found.replicas }, (_, index) => ({
        id: `${service}-${index}`,
        release,
        state: 'running' as const,
        healthy: index >= this.sick,
        restarts: 0,
      })),
    };
  }

  async refuses(action: Action): Promise<string | undefined> {
    return action.kind === 'release' && action.to === 'v0' ? 'There is no release v0.' : undefined;
  }

  async perform(action: Action, { key, onProgress }: PerformOptions): Promise<ActionOutcome> {
    const before = this.#done.get(key);
    if (before !== undefined) return before;
    await this.meanwhile(action);
    this.performed.push({ key, action });
    await onProgress?.({ stage: 'starting', message: 'it starts' });
    const failure = this.failures.shift();
    const outcome = failure ?? { status: 'done', summary: 'It is done.' };
    if (failure === undefined) {
      const state = this.#states.get(action.service)!;
      if (action.kind === 'scale') state.replicas = action.replicas;
      if (action.kind === 'release') {
        const earlier = state.releases.indexOf(action.to);
        state.releases = earlier >= 0 ? state.releases.slice(0, earlier + 1) : [...state.releases, action.to];
      }
    }
    this.#done.set(key, outcome);
    return outcome;
  }

  inverse(action: Action, before: ServiceState): Action | undefined {
    return inverseOf(action, before);
  }

  async sync(): Promise<void> {}
  async logs(): Promise<LogLine[]> {
    return [];
  }
  async start(): Promise<void> {}
  async stop(): Promise<void> {}
}

/** Declares these services, each run by the local platform at v1. The kernel has started. */
export async function declare(catalog: Catalog, services: readonly string[], yaml?: string): Promise<void> {
  const documents = [
    `apiVersion: nines/v1
kind: Team
metadata: { name: crew }
spec: { members: [{ name: crew-oncall, contacts: [{ channel: console }] }] }`,
    ...services.map(
      name => `apiVersion: nines/v1
kind: Service
metadata: { name: ${name} }
spec: { owner: crew, tier: 1, runsOn: { platform: local, release: v1, command: [node] } }`,
    ),
    ...(yaml === undefined ? [] : [yaml]),
  ];
  await catalog.apply([{ path: '/code/all.yaml', text: documents.join('\n---\n') }]);
}

export const person = (name: string) => ({ name, kind: 'person' as const, role: 'responder' as const });
