import type { Resource } from './resource.ts';

/** What applying would change, by id (`apiVersion/Kind/name`). */
export interface Plan {
  added: string[];
  changed: { id: string; fields: string[] }[];
  removed: string[];
  unchanged: number;
}

/** Compares what is declared with what is applied. Where a file lies, and its line, is no change. Pure. */
export function plan(declared: readonly Resource[], applied: readonly Resource[]): Plan {
  const before = new Map(applied.map(resource => [planId(resource), resource]));
  const after = new Map(declared.map(resource => [planId(resource), resource]));
  const result: Plan = { added: [], changed: [], removed: [], unchanged: 0 };
  for (const [id, resource] of after) {
    const old = before.get(id);
    if (old === undefined) {
      result.added.push(id);
      continue;
    }
    const fields = [...differences(meaning(old), meaning(resource), '')].slice(0, 20);
    if (fields.length === 0) result.unchanged += 1;
    else result.changed.push({ id, fields });
  }
  result.removed = [...before.keys()].filter(id => !after.has(id));
  return result;
}

export function planId(resource: Resource): string {
  return `${resource.apiVersion}/${resource.kind}/${resource.metadata.name}`;
}

// Through JSON, because what is applied has been through it: an absent and an undefined field are the same.
function meaning({ metadata, spec }: Resource): unknown {
  return JSON.parse(JSON.stringify({ metadata, spec }));
}

function* differences(a: unknown, b: unknown, path: string): Generator<string> {
  if (isObject(a) && isObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
      yield* differences(a[key], b[key], path === '' ? key : `${path}.${key}`);
    return;
  }
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    for (const [index, item] of a.entries()) yield* differences(item, b[index], `${path}.${index}`);
    return;
  }
  if (JSON.stringify(a) !== JSON.stringify(b)) yield path;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
