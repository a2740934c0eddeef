/**
 * A log query once it is read: what records must hold. Time is no part of it; a window comes beside it. There are two
 * readings of it that must agree: as SQL (`sql.ts`) and on one record in memory (`match.ts`).
 */
export type LogQuery =
  /** All of the parts; without parts every record. */
  | { readonly kind: 'and'; readonly parts: readonly LogQuery[] }
  | { readonly kind: 'or'; readonly parts: readonly LogQuery[] }
  /** Two-valued: what lacks a field is not equal to anything, so its negation takes it. */
  | { readonly kind: 'not'; readonly part: LogQuery }
  | { readonly kind: 'test'; readonly field: LogField; readonly test: FieldTest }
  | { readonly kind: 'level'; readonly op: Comparison | '='; readonly level: QueryLevel };

export type Comparison = '<' | '<=' | '>' | '>=';

export const queryLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type QueryLevel = (typeof queryLevels)[number];

export type LogField =
  /** The body, or the value of any attribute of the record. */
  | { readonly of: 'text' }
  | { readonly of: 'body' | 'service' | 'scope' | 'traceId' | 'spanId' | 'level' }
  /** An attribute of the record; of its resource where the record has none of this name. */
  | { readonly of: 'attribute'; readonly name: string }
  | { readonly of: 'record' | 'resource'; readonly name: string };

export type FieldTest =
  | { readonly is: 'present' }
  /** The whole value, as written. */
  | { readonly is: 'equal'; readonly value: string }
  /** Part of the value, in any case. */
  | { readonly is: 'containing'; readonly value: string }
  /** `part`: anywhere in the value and in any case; otherwise the whole value, as written. */
  | { readonly is: 'like'; readonly parts: readonly GlobPart[]; readonly part: boolean }
  /** RE2, anywhere in the value; a dot takes line breaks too. */
  | { readonly is: 'matching'; readonly pattern: string; readonly anyCase: boolean }
  /** A value that is no number agrees with no comparison. */
  | { readonly is: 'compared'; readonly op: Comparison; readonly number: number };

/** Text as it is, any run of characters, or one character. */
export type GlobPart = { readonly text: string } | { readonly wild: '*' | '?' };

/** Bounds of a query. */
export const queryBounds = {
  characters: 2_000,
  terms: 100,
  nesting: 20,
  wildcards: 10,
  regexCharacters: 500,
  /** Instructions of RE2's program: `(\pL{50}){50}` is short and large, and larger still as UTF-8 in the engine. */
  regexProgram: 500,
} as const;

/** The lowest severity number of a level; each has four (OpenTelemetry's data model of logs). */
export function severityOf(level: QueryLevel): number {
  return queryLevels.indexOf(level) * 4 + 1;
}

/** The severity numbers that agree with a comparison; an unknown level (0) agrees with none. */
export function severitiesOf(op: Comparison | '=', level: QueryLevel): readonly [from: number, to: number] {
  const from = severityOf(level);
  switch (op) {
    case '=':
      return [from, from + 3];
    case '>=':
      return [from, 24];
    case '>':
      return [from + 4, 24];
    case '<':
      return [1, from - 1];
    case '<=':
      return [1, from + 3];
  }
}

/** What counts as a number in a value; as SQL and here by this one pattern, so that both agree. */
export const numberPattern = '^[+-]?([0-9]{1,17}(\\.[0-9]{0,17})?|\\.[0-9]{1,17})([eE][+-]?[0-9]{1,2})?$';

/** An expression as RE2 gets it, in the engine and here: a dot takes line breaks. */
export function regexText({ pattern, anyCase }: { pattern: string; anyCase: boolean }): string {
  return `(?s${anyCase ? 'i' : ''})${grouped(pattern)}`;
}

/**
 * `é?` as `(?:é)?`: ClickHouse looks for the part of an expression that must be there first, and takes the first bytes of
 * a character that may be absent for such a part (`match('', 'é?')` is 0 in 26.7).
 */
function grouped(pattern: string): string {
  // A pair with a backslash, a quoted part, a class, or one character beyond ASCII.
  const parts = /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]|(\P{ASCII})/gu;
  return pattern.replace(parts, (part, character?: string) =>
    character === undefined ? part : `(?:${character})`,
  );
}
