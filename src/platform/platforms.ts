import { type Catalog, Service } from '../catalog/index.ts';
import { Fault, type Kernel } from '../kernel/index.ts';
import { LocalPlatform, type LocalPlatformOptions } from './local/index.ts';
import type { LogLine, Platform } from './platform.ts';
import type { ServiceState } from './service-state.ts';

/** The local platform, run as the catalog declares. */
export function localPlatform(
  kernel: Kernel,
  catalog: Catalog,
  options: Omit<LocalPlatformOptions, 'lookup'>,
): LocalPlatform {
  return new LocalPlatform(kernel, {
    ...options,
    lookup: async service => {
      const found = await catalog.find(Service, service);
      const run = found?.spec.runsOn;
      return run?.platform === 'local' ? { run, telemetryName: found!.spec.telemetryName } : undefined;
    },
  });
}

/** All that can be acted on, each service with the platform that runs it. */
export class Platforms {
  readonly #catalog: Catalog;
  readonly #platforms: ReadonlyMap<string, Platform>;

  constructor(kernel: Kernel, catalog: Catalog, platforms: readonly Platform[]) {
    this.#catalog = catalog;
    this.#platforms = new Map(platforms.map(platform => [platform.name, platform]));
    kernel.events.on('catalog.applied', 'platform.sync', () => this.#sync());
  }

  /** The platform of a service. Throws `not_found`, or `conflict` if no platform runs it. */
  async of(service: string): Promise<Platform> {
    const { spec } = await this.#catalog.get(Service, service);
    const platform = spec.runsOn === undefined ? undefined : this.#platforms.get(spec.runsOn.platform);
    if (platform !== undefined) return platform;
    throw new Fault('conflict', `${service} is not run by a platform that Nines can act on.`, {
      hint: `Declare runsOn in the service ${service}, and apply.`,
    });
  }

  async state(service: string): Promise<ServiceState> {
    return (await this.of(service)).state(service);
  }

  /** The state of every service that a platform runs, by name. */
  async list(): Promise<ServiceState[]> {
    const all: ServiceState[] = [];
    for (const platform of this.#platforms.values())
      for (const service of await platform.services()) all.push(await platform.state(service));
    return all.sort((a, b) => a.service.localeCompare(b.service));
  }

  async logs(service: string, options: { lines: number; instance?: string }): Promise<LogLine[]> {
    return (await this.of(service)).logs(service, options);
  }

  async start(): Promise<void> {
    for (const platform of this.#platforms.values()) await platform.start();
    await this.#sync();
  }

  /** Before the kernel stops. */
  async stop(): Promise<void> {
    await Promise.all([...this.#platforms.values()].map(platform => platform.stop()));
  }

  async #sync(): Promise<void> {
    const declared = await this.#catalog.list(Service);
    for (const platform of this.#platforms.values())
      await platform.sync(
        declared
          .filter(({ spec }) => spec.runsOn?.platform === platform.name)
          .map(({ metadata }) => metadata.name),
      );
  }
}
