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
