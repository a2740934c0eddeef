import { Fault, type Problem } from '../kernel/index.ts';
import { type Parsed, parseFile, type SourceFile } from './document.ts';
import { type AnyKind, type Declared, type Lookup, type Resource, resourceId } from './resource.ts';

export interface CheckOptions {
  /** Each document for itself: names, references and rules between documents are not looked at. */
  each?: boolean;
}

export interface Checked {
  resources: Resource[];
  problems: Problem[];
}

/** Checks files together: each document by its schema, then names, references and each kind's own rules. Pure. */
export function checkFiles(
  files: readonly SourceFile[],
  kinds: readonly AnyKind[],
  { each = false }: CheckOptions = {},
): Checked {
  const problems: Problem[] = [];
  const all: Parsed[] = [];
  for (const file of files) {
    const { parsed, problems: found } = parseFile(file, kinds);
    all.push(...parsed);
    problems.push(...found);
  }
  if (each) return { resources: all.map(one => one.resource), problems: problems.sort(byPlace) };
  const byId = new Map<string, Parsed>();
  for (const one of all) {
    const id = `${one.resource.apiVersion}/${resourceId(one.resource)}`;
    const first = byId.get(id);
    if (first === undefined) byId.set(id, one);
    else
      problems.push({
        field: 'metadata.name',
        message: `${resourceId(one.resource)} is declared twice; first in ${first.placeOf('').file}, line ${first.placeOf('').line}`,
        place: one.placeOf('metadata.name'),
      });
  }
  // A reference names a kind, whichever apiVersion declares it: OpenSLO's SLO may name a nines/v1 Service.
  const lookup: Lookup = (kind, name) =>
    all.find(one => one.resource.kind === kind && one.resource.metadata.name === name)?.resource;
  const declared: Declared = kind =>
    all.flatMap(({ resource }) => (resource.kind === kind ? [resource] : []));
  for (const { resource, kind, placeOf } of all) {
    for (const reference of kind.references?.(resource) ?? [])
      if (lookup(reference.kind, reference.name) === undefined)
        problems.push({
          field: reference.field,
          message: missing(reference.kind, reference.name, all),
          place: placeOf(reference.field),
        });
    for (const problem of kind.check?.(resource, lookup, declared) ?? [])
      problems.push({ ...problem, place: placeOf(problem.field ?? '') });
  }
  problems.sort(byPlace);
  return { resources: all.map(one => one.resource), problems };
}

/** The resources of valid files. Throws `invalid` with every problem, or if they declare nothing. Pure. */
export function checkedFiles(
  files: readonly SourceFile[],
  kinds: readonly AnyKind[],
  options: CheckOptions = {},
): Resource[] {
  const { resources, problems } = checkFiles(files, kinds, options);
  if (problems.length > 0)
    throw new Fault(
      'invalid',
      `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} in the files; nothing was changed.`,
      {
        problems: problems.slice(0, 100),
        ...(checkFiles(files, kinds, { each: true }).problems.length > 0
          ? {}
          : { hint: 'Each document for itself is valid, which is what nines check --each looks at.' }),
      },
    );
  if (resources.length === 0)
    throw new Fault('invalid', 'The files declare nothing.', {
      hint: 'A document begins with apiVersion and kind.',
    });
  return resources;
}

function missing(kind: string, name: string, all: readonly Parsed[]): string {
  const names = all.filter(one => one.resource.kind === kind).map(one => one.resource.metadata.name);
  if (names.length === 0) return `there is no ${kind} '${name}': no ${kind} is declared`;
  return `there is no ${kind} '${name}'; declared are ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`;
}

function byPlace(a: Problem, b: Problem): number {
  return (
    (a.place?.file ?? '').localeCompare(b.place?.file ?? '') ||
    (a.place?.line ?? 0) - (b.place?.line ?? 0) ||
    (a.place?.column ?? 0) - (b.place?.column ?? 0)
  );
}
