import { type Document, isMap, isNode, isPair, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { Fault, type Place, type Problem } from './fault.ts';
import { sentenceOf } from './problem.ts';

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
    parsed.error.issues.flatMap(issue => problemsOfIssue(issue, field => at(offsetOfField(document, field)))),
  );
}

/** A zod issue as problems with the place of their field: an unknown field at its own line, a union by its nearest branch. */
export function problemsOfIssue(issue: z.core.$ZodIssue, placeOf: (field: string) => Place): Problem[] {
  const field = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => {
      const full = field === '' ? key : `${field}.${key}`;
      return { field: full, message: `unknown field '${key}'`, place: placeOf(full) };
    });
  // A union says which of its branches came nearest only through its own errors: give those of the longest path.
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const nearest = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0] ?? [];
    if (depth(nearest) > 0)
      return nearest.flatMap(inner =>
        problemsOfIssue({ ...inner, path: [...issue.path, ...inner.path] }, placeOf),
      );
  }
  return [{ field, message: sentenceOf(issue), place: placeOf(field) }];
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map(issue => issue.path.length));
}

/** The offset of a field, or of the nearest parent that exists. A map's key is where people look. */
export function offsetOfField(document: Document, field: string): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const part of field === '' ? [] : field.split('.')) {
    if (isMap(node)) {
      const pair = node.items.find(
        item => isPair(item) && String((item.key as { value?: unknown })?.value) === part,
      );
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

export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 300);
}
