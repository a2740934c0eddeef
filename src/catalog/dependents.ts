import type { Catalog } from './catalog.ts';
import { Service } from './service.ts';

/** A service and all that call it, directly or through others: those whose users feel it when it breaks. */
export async function withDependents(catalog: Pick<Catalog, 'list'>, service: string): Promise<string[]> {
  const services = await catalog.list(Service);
  const found = [service];
  for (const name of found)
    for (const { metadata, spec } of services)
      if (spec.dependsOn.includes(name) && !found.includes(metadata.name)) found.push(metadata.name);
  return found;
}

/** Services and all that they call, directly or through others: those that can break them. */
export async function withDependencies(
  catalog: Pick<Catalog, 'list'>,
  services: readonly string[],
): Promise<Set<string>> {
  const declared = new Map((await catalog.list(Service)).map(one => [one.metadata.name, one.spec.dependsOn]));
  const found = new Set(services);
  for (const name of found) for (const below of declared.get(name) ?? []) found.add(below);
  return found;
}
