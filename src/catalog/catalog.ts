import { Fault, type Kernel, nearest } from '../kernel/index.ts';
import { checkedFiles } from './check.ts';
import type { SourceFile } from './document.ts';
import { type Plan, plan, planId } from './plan.ts';
import type { AnyKind, Kind, Resource } from './resource.ts';
import { resourceStore } from './store.ts';

/** What is declared and applied: the reliability-as-code that every room reads. */
export class Catalog {
  readonly kinds: readonly AnyKind[];
  readonly #kernel: Kernel;
  readonly #store: ReturnType<typeof resourceStore>;

  constructor(kernel: Kernel, kinds: readonly AnyKind[]) {
    this.#kernel = kernel;
    this.kinds = kinds;
    this.#store = resourceStore(kernel.db);
  }

  /** The applied resources of a kind, by name. */
  async list<Spec>(kind: Kind<Spec>): Promise<Resource<Spec>[]> {
    return (await this.#store.list(kind.apiVersion, kind.kind)) as Resource<Spec>[];
  }

  async find<Spec>(kind: Kind<Spec>, name: string): Promise<Resource<Spec> | undefined> {
    return (await this.#store.find(kind.apiVersion, kind.kind, name)) as Resource<Spec> | undefined;
  }

  /** Throws `not_found` with the names that there are. */
  async get<Spec>(kind: Kind<Spec>, name: string): Promise<Resource<Spec>> {
    const found = await this.find(kind, name);
    if (found !== undefined) return found;
    const names = (await this.list(kind)).map(resource => resource.metadata.name);
    const near = nearest(name, names);
    throw new Fault('not_found', `There is no ${kind.kind} '${name.slice(0, 80)}'.`, {
      hint:
        names.length === 0
          ? `No ${kind.kind} is applied yet: nines apply FOLDER.`
          : `${near === undefined ? '' : `Did you mean ${near}? `}There are: ${names.slice(0, 12).join(', ')}${names.length > 12 ? ` and ${names.length - 12} more` : ''}.`,
    });
  }

  /** Throws `invalid` with all problems of the files. */
  check(files: readonly SourceFile[]): Resource[] {
    return checkedFiles(files, this.kinds);
  }

  async plan(files: readonly SourceFile[]): Promise<Plan> {
    return plan(this.check(files), await this.#store.all());
  }

  /** Makes the files the whole of what is declared, all or nothing. */
  async apply(files: readonly SourceFile[]): Promise<Plan> {
    const resources = this.check(files);
    return this.#kernel.db.transaction(async () => {
      await this.#store.lock();
      const changes = plan(resources, await this.#store.all());
      const touched = new Set([...changes.added, ...changes.changed.map(change => change.id)]);
      for (const resource of resources)
        if (touched.has(planId(resource))) await this.#store.put(planId(resource), resource);
      for (const id of changes.removed) await this.#store.remove(id);
      if (touched.size > 0 || changes.removed.length > 0)
        await this.#kernel.events.emit('catalog.applied', 'catalog', {
          added: changes.added,
          changed: changes.changed.map(change => change.id),
          removed: changes.removed,
        });
      return changes;
    });
  }

  async all(): Promise<Resource[]> {
    return this.#store.all();
  }
}
