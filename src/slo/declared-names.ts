import type { Declared, Lookup } from '../catalog/index.ts';
import type { Problem } from '../kernel/index.ts';

const MOST_NAMED = 8;

/** Names of services that nothing declares: no Service of either dialect, and no SLO is about them. */
export function unknownServices(
  names: readonly string[],
  field: string,
  lookup: Lookup,
  declared: Declared,
): Problem[] {
  const known = new Set([
    ...declared('Service').map(one => one.metadata.name),
    ...declared('SLO').flatMap(({ spec }) => serviceOf(spec)),
  ]);
  return names.flatMap((name, index) =>
    lookup('Service', name) !== undefined || known.has(name)
      ? []
      : [
          {
            field: `${field}.${index}`,
            message: `there is no Service '${name}', and no SLO of it${known.size === 0 ? '' : `; there are ${[...known].sort().slice(0, MOST_NAMED).join(', ')}${known.size > MOST_NAMED ? ', …' : ''}`}`,
          },
        ],
  );
}

function serviceOf(spec: unknown): string[] {
  const service = typeof spec === 'object' && spec !== null && 'service' in spec ? spec.service : undefined;
  return typeof service === 'string' ? [service] : [];
}

/** Names that stand twice in one list. */
export function twice(names: readonly string[], field: string): Problem[] {
  return names.flatMap((name, index) =>
    names.indexOf(name) === index ? [] : [{ field: `${field}.${index}`, message: `${name} is named twice` }],
  );
}
