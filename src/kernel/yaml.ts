import { type Document, isMap, isNode, isPair, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { Fault, type Place, type Problem } from './fault.ts';
import { sentenceOf } from './issue-sentence.ts';
import { nearest } from './problem.ts';
import { fieldsAt } from './schema-fields.ts';

/** Reads one YAML document by a strict schema. Throws `invalid` with every problem's file, line and column. */
export function readYaml<S extends z.ZodType>(file: string, text: string, schema: S): z.output<S> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const refuse = (problems: Problem[]) => new Fault('invalid', `${file} is not valid.`, { problems });
  if (document.errors.length > 0)
    throw refuse(
      document.errors.map(error => ({ message: oneLine(error.message), place: at(error.pos[0]) })),
    );
  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 100 }) ?? {});
  if (parsed.success) return parsed.data;
  throw refuse(
    parsed.error.issues.flatMap(issue =>
      problemsOfIssue(issue, field => at(offsetOfField(document, field)), schema),
    ),
  );
}

/**
 * A zod issue as problems with the place of their field: an unknown field at its own line, with the nearest that `schema`
 * knows there, a union by its nearest branch.
 */
export function problemsOfIssue(
  issue: z.core.$ZodIssue,
  placeOf: (field: string) => Place,
  schema?: z.core.$ZodType,
): Problem[] {
  const field = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = fieldsAt(schema, issue.path);
    return issue.keys.map(key => {
      const full = field === '' ? key : `${field}.${key}`;
      const near = nearest(key, known);
      return {
        field: full,
        message: `unknown field '${key.slice(0, 80)}'`,
        place: placeOf(full),
        ...hintOf(near, known),
      };
    });
  }
  // A union says which of its branches came nearest only through its own errors.
  if (issue.code === 'invalid_union') {
    const branch = nearestBranch(issue, fieldsAt(schema, issue.path));
    if (branch !== undefined)
      return branch.flatMap(inner =>
        problemsOfIssue({ ...inner, path: [...issue.path, ...inner.path] }, placeOf, schema),
      );
  }
  return [{ field, message: sentenceOf(issue), place: placeOf(field) }];
}

/** More than these are a list that nobody reads. */
const MOST_NAMED = 12;

function hintOf(near: string | undefined, known: readonly string[]): Pick<Problem, 'hint'> {
  if (near !== undefined) return { hint: `did you mean ${near}?` };
  return known.length === 0 || known.length > MOST_NAMED ? {} : { hint: `known: ${known.join(', ')}` };
}

/**
 * The errors of the branch with the fewest fields that are missing or unknown, then of the deepest one. None where the
 * branches fail as a whole, and where a union that says itself what would be right was met by something else: by fields
 * of no branch, or of two.
 */
function nearestBranch(
  issue: z.core.$ZodIssueInvalidUnion,
  known: readonly string[],
): z.core.$ZodIssue[] | undefined {
  const [best] = issue.errors
    .map(errors => ({
      errors,
      missing: errors.filter(one => one.path.length === 1 && isMissing(one)).length,
      unknown: errors.flatMap(one =>
        one.path.length === 0 && one.code === 'unrecognized_keys' ? one.keys : [],
      ),
      depth: Math.max(0, ...errors.map(one => one.path.length)),
    }))
    .sort((a, b) => a.missing + a.unknown.length - (b.missing + b.unknown.length) || b.depth - a.depth);
  if (best === undefined || (best.depth === 0 && best.unknown.length === 0)) return undefined;
  const other =
    best.unknown.length > 0 && (best.missing > 0 || best.unknown.some(key => known.includes(key)));
  return other && issue.message !== 'Invalid input' ? undefined : best.errors;
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return (
    (issue.code === 'invalid_type' && /received undefined$/.test(issue.message)) ||
    (issue.code === 'invalid_value' && 'input' in issue && issue.input === undefined)
  );
}

/** The offset of a field, or of the nearest parent that exists. A map's key is where people look. */
export function offsetOfField(document: Document, field: string): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  const parts = field === '' ? [] : field.split('.');
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index]!;
    if (isMap(node)) {
      const keyed = (name: string) => (item: unknown) =>
        isPair(item) && String((item.key as { value?: unknown })?.value) === name;
      // A key may hold dots itself, as an annotation's does.
      const rest = parts.slice(index).join('.');
      const pair = node.items.find(keyed(part)) ?? node.items.find(keyed(rest));
      if (pair === undefined) return offset;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else {
      node = (node as { items?: unknown[] } | null)?.items?.[Number(part)];
      offset = startOf(node) ?? offset;
    }
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}

/** Text of any shape on one line of at most 300 characters. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 300);
}
