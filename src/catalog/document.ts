import { LineCounter, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import {
  nearest,
  offsetOfField,
  oneLine,
  type Place,
  type Problem,
  problemsOfIssue,
} from '../kernel/index.ts';
import { type AnyKind, Metadata, type Resource } from './resource.ts';

export interface SourceFile {
  /** Absolute, so that paths inside can be resolved against its folder. */
  path: string;
  text: string;
}

/** A resource with the YAML it came from, so that later problems can still be given a line. */
export interface Parsed {
  resource: Resource;
  kind: AnyKind;
  placeOf(field: string): Place;
}

const Head = z.looseObject({ apiVersion: z.string(), kind: z.string() });
const MAX_DOCUMENTS = 1000;

/** Reads the resources of one file. Every problem has its file, line and column; nothing is silently passed over. */
export function parseFile(
  file: SourceFile,
  kinds: readonly AnyKind[],
): { parsed: Parsed[]; problems: Problem[] } {
  const lines = new LineCounter();
  // maxAliasCount bounds the "billion laughs" expansion.
  const documents = parseAllDocuments(file.text, { lineCounter: lines, prettyErrors: false, merge: true });
  const problems: Problem[] = [];
  const parsed: Parsed[] = [];
  if (!Array.isArray(documents)) return { parsed, problems };
  if (documents.length > MAX_DOCUMENTS)
    return {
      parsed,
      problems: [{ message: `more than ${MAX_DOCUMENTS} documents in one file`, place: { file: file.path } }],
    };
  for (const document of documents) {
    const at = (offset: number): Place => {
      const { line, col } = lines.linePos(offset);
      return { file: file.path, line, column: col };
    };
    if (document.errors.length > 0) {
      for (const error of document.errors)
        problems.push({ message: oneLine(error.message), place: at(error.pos[0]) });
      continue;
    }
    if (document.contents === null) continue;
    const placeOf = (field: string) => at(offsetOfField(document, field));
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: 100 });
    } catch (error) {
      problems.push({ message: oneLine(String((error as Error).message)), place: placeOf('') });
      continue;
    }
    // Nothing follows a last `---`.
    if (value === null) continue;
    // A document may hold several resources as a list, as OpenSLO's own examples do.
    const list = Array.isArray(value) ? value : undefined;
    if ((list?.length ?? 0) > MAX_DOCUMENTS) {
      problems.push({ message: `more than ${MAX_DOCUMENTS} resources in one document`, place: placeOf('') });
      continue;
    }
    for (const [index, each] of (list ?? [value]).entries()) {
      const within = (field: string) =>
        placeOf(list === undefined ? field : field === '' ? String(index) : `${index}.${field}`);
      const one = parseResource(each, kinds, within);
      problems.push(...one.problems);
      if (one.parsed !== undefined) parsed.push(one.parsed);
    }
  }
  return { parsed, problems };
}

function parseResource(
  value: unknown,
  kinds: readonly AnyKind[],
  placeOf: (field: string) => Place,
): { parsed?: Parsed; problems: Problem[] } {
  const head = Head.safeParse(value);
  if (!head.success) {
    const given = typeof value === 'object' && value !== null ? value : {};
    const lacking = ['apiVersion', 'kind'].filter(name => !(name in given)).join(' and ');
    const message = `a document needs apiVersion and kind, as: apiVersion: nines/v1, kind: Service${lacking === '' || lacking.includes(' ') ? '' : `; ${lacking} is missing`}`;
    return { problems: [{ message, place: placeOf('') }] };
  }
  const kind = kinds.find(one => one.apiVersion === head.data.apiVersion && one.kind === head.data.kind);
  if (kind === undefined) return { problems: [unknownKind(head.data, kinds, placeOf)] };
  const schema = z.strictObject({
    apiVersion: z.literal(kind.apiVersion),
    kind: z.literal(kind.kind),
    metadata: kind.metadata ?? Metadata,
    spec: kind.spec,
  });
  const checked = schema.safeParse(kind.prepare === undefined ? value : kind.prepare(value), {
    reportInput: true,
  });
  if (!checked.success)
    return { problems: checked.error.issues.flatMap(issue => problemsOfIssue(issue, placeOf, schema)) };
  const place = placeOf('');
  const resource: Resource = { ...checked.data, metadata: pruned(checked.data.metadata), source: place };
  const folder = place.file.slice(0, Math.max(place.file.lastIndexOf('/'), 0));
  return { problems: [], parsed: { kind, placeOf, resource: kind.complete?.(resource, folder) ?? resource } };
}

function unknownKind(
  head: { apiVersion: string; kind: string },
  kinds: readonly AnyKind[],
  placeOf: (field: string) => Place,
): Problem {
  const { apiVersion, kind } = head;
  const versions = [...new Set(kinds.map(one => one.apiVersion))];
  if (!versions.includes(apiVersion))
    return {
      field: 'apiVersion',
      message: `unknown apiVersion '${apiVersion.slice(0, 80)}'; known are ${versions.join(', ')}`,
      place: placeOf('apiVersion'),
      ...didYouMean(
        versions.find(one => groupOf(one) === groupOf(apiVersion)) ?? nearest(apiVersion, versions),
      ),
    };
  const known = kinds.filter(one => one.apiVersion === apiVersion).map(one => one.kind);
  const elsewhere = kinds.filter(one => one.kind === kind).map(one => `apiVersion ${one.apiVersion}`);
  return {
    field: 'kind',
    message: `${apiVersion} has no kind '${kind.slice(0, 80)}'; it has ${known.join(', ')}`,
    place: placeOf('kind'),
    ...didYouMean(elsewhere.length > 0 ? elsewhere.join(' or ') : nearest(kind, known)),
  };
}

/** `openslo` of `openslo/v1` and of `openslo.com/v2alpha`. */
function groupOf(apiVersion: string): string {
  return apiVersion.split(/[/.]/)[0]!.toLowerCase();
}

function didYouMean(what: string | undefined): Pick<Problem, 'hint'> {
  return what === undefined ? {} : { hint: `did you mean ${what}?` };
}

function pruned(metadata: Metadata): Metadata {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined)) as Metadata;
}
