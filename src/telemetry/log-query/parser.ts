import { RE2JS } from 're2js';
import { messageOf } from '../../kernel/index.ts';
import {
  type Comparison,
  type FieldTest,
  type GlobPart,
  type LogField,
  type LogQuery,
  numberPattern,
  type QueryLevel,
  queryBounds,
  queryLevels,
} from './query.ts';
import { QueryReader } from './reader.ts';

/**
 * Reads a log query: `level>=warn service:payments "pool exhausted" -healthz body~/time.*out/i (status:500 OR status:503)`.
 * Throws `invalid` with the place, what was expected there, and the line with a caret. Bounded in length, terms,
 * nesting, wildcards and expressions, so that hostile text costs nothing.
 */
export function parseLogQuery(text: string): LogQuery {
  return new Parser(new QueryReader(text)).query();
}

type Operator = ':' | '=' | '!=' | '~' | '!~' | Comparison;

const levelNames: Readonly<Record<string, QueryLevel>> = {
  ...Object.fromEntries(queryLevels.map(level => [level, level])),
  warning: 'warn',
  err: 'error',
  critical: 'fatal',
  crit: 'fatal',
};

class Parser {
  readonly #reader: QueryReader;
  #terms = 0;
  #depth = 0;

  constructor(reader: QueryReader) {
    this.#reader = reader;
  }

  query(): LogQuery {
    const reader = this.#reader;
    reader.space();
    if (reader.done) return { kind: 'and', parts: [] };
    const query = this.#or(undefined);
    reader.space();
    if (!reader.done) reader.fail('the end of the query, or an opening parenthesis before');
    return query;
  }

  /** `field` is the field that the terms of a group speak of: `status:(500 OR 503)`. */
  #or(field: LogField | undefined): LogQuery {
    const parts = [this.#and(field)];
    while (this.#reader.keyword('OR', '||')) parts.push(this.#and(field));
    return parts.length === 1 ? parts[0]! : { kind: 'or', parts };
  }

  #and(field: LogField | undefined): LogQuery {
    const parts = [this.#not(field)];
    for (;;) {
      const said = this.#reader.keyword('AND', '&&');
      if (!said && (this.#reader.atEnd() || this.#reader.atKeyword('OR', '||'))) break;
      parts.push(this.#not(field));
    }
    return parts.length === 1 ? parts[0]! : { kind: 'and', parts };
  }

  #not(field: LogField | undefined): LogQuery {
    if (!this.#reader.negation()) return this.#primary(field);
    return { kind: 'not', part: this.#deeper(() => this.#not(field)) };
  }

  #primary(field: LogField | undefined): LogQuery {
    const reader = this.#reader;
    reader.space();
    if (!reader.take('(')) return this.#term(field);
    const opened = reader.at - 1;
    const inside = this.#deeper(() => this.#or(field));
    reader.space();
    if (!reader.take(')')) reader.fail("')'", { because: `for the parenthesis at column ${opened + 1}` });
    return inside;
  }

  #deeper<T>(read: () => T): T {
    if (this.#depth >= queryBounds.nesting)
      this.#reader.refuse(`is nested deeper than ${queryBounds.nesting} levels`);
    this.#depth += 1;
    const result = read();
    this.#depth -= 1;
    return result;
  }

  #term(inherited: LogField | undefined): LogQuery {
    const reader = this.#reader;
    this.#terms += 1;
    if (this.#terms > queryBounds.terms) reader.refuse(`has more than ${queryBounds.terms} terms`);
    if (inherited !== undefined)
      return this.#value(inherited, reader.comparison() ?? reader.matching() ?? ':', true);
    const field = reader.fieldName();
    if (field !== undefined) {
      const operator = field.operator as Operator;
      return this.#value(this.#field(field.name, field.at), operator, false);
    }
    const text: LogField = { of: 'text' };
    return this.#value(text, reader.matching() ?? ':', true);
  }

  #value(field: LogField, operator: Operator, inGroup: boolean): LogQuery {
    const reader = this.#reader;
    if (!inGroup) reader.space();
    switch (operator) {
      case '!=':
        return { kind: 'not', part: this.#literal(field) };
      case '=':
        return this.#literal(field);
      case '~':
      case '!~': {
        const test = this.#regex(field);
        return operator === '~' ? test : { kind: 'not', part: test };
      }
      case ':':
        return this.#colon(field, inGroup);
      default:
        return this.#compared(field, operator);
    }
  }

  #colon(field: LogField, inGroup: boolean): LogQuery {
    const reader = this.#reader;
    if (!inGroup) {
      const comparison = reader.comparison();
      if (comparison !== undefined) return this.#compared(field, comparison);
      if (reader.take('(')) {
        const inside = this.#deeper(() => this.#or(field));
        reader.space();
        if (!reader.take(')')) reader.fail("')' after the values of the field");
        return inside;
      }
    }
    if (field.of !== 'text' && (reader.peek() === '[' || reader.peek() === '{')) return this.#range(field);
    if (reader.peek() === '"') return this.#equal(field, reader.phrase(), reader.at);
    const at = reader.at;
    const parts = reader.word(inGroup);
    const [first] = parts;
    if (parts.length === 1 && first !== undefined) {
      if ('text' in first) return this.#equal(field, first.text, at);
      if (first.wild === '*')
        return field.of === 'text'
          ? { kind: 'and', parts: [] }
          : { kind: 'test', field, test: { is: 'present' } };
    }
    if (field.of === 'level') reader.fail(levelsExpected, { at });
    const part = field.of === 'text' || field.of === 'body';
    return { kind: 'test', field, test: { is: 'like', parts: this.#glob(field, parts, at), part } };
  }

  #glob(field: LogField, parts: readonly GlobPart[], at: number): readonly GlobPart[] {
    if (parts.filter(part => 'wild' in part).length > queryBounds.wildcards)
      this.#reader.refuse(`has a word with more than ${queryBounds.wildcards} wildcards`, at);
    if (field.of !== 'traceId' && field.of !== 'spanId') return parts;
    return parts.map(part => ('text' in part ? { text: part.text.toLowerCase() } : part));
  }

  /** After `:` a body is looked into; everything else is compared as a whole. */
  #equal(field: LogField, value: string, at: number): LogQuery {
    if (field.of === 'text' || field.of === 'body')
      return { kind: 'test', field, test: { is: 'containing', value } };
    return this.#whole(field, value, at);
  }

  #whole(field: LogField, value: string, at: number): LogQuery {
    if (field.of === 'level') return { kind: 'level', op: '=', level: this.#level(value, at) };
    const test: FieldTest = {
      is: 'equal',
      value: field.of === 'traceId' || field.of === 'spanId' ? value.toLowerCase() : value,
    };
    return { kind: 'test', field, test };
  }

  /** After `=` everything is meant as it is written. */
  #literal(field: LogField): LogQuery {
    const reader = this.#reader;
    const at = reader.at;
    return this.#whole(field, reader.peek() === '"' ? reader.phrase() : reader.literalWord(), at);
  }

  #regex(field: LogField): LogQuery {
    const reader = this.#reader;
    if (field.of === 'level') reader.fail(levelsExpected);
    reader.space();
    const { pattern, anyCase, at } = reader.regex();
    if (pattern.length > queryBounds.regexCharacters)
      reader.refuse(`has a regular expression of more than ${queryBounds.regexCharacters} characters`, at);
    // RE2 can match one byte of a character by it; that is not what text is made of.
    if (/\\C/.test(pattern)) reader.refuse('uses \\C, which takes characters apart', at);
    // RE2 repeats what stands before the flags; ClickHouse, which looks at the text first, does not agree.
    if (/\(\?[A-Za-z-]+\)[?*+{]/.test(pattern)) reader.refuse('repeats flags of a regular expression', at);
    const size = this.#programSize(pattern, at);
    if (size > queryBounds.regexProgram)
      reader.refuse('has a regular expression that is too large when repeated', at);
    return { kind: 'test', field, test: { is: 'matching', pattern, anyCase } };
  }

  #programSize(pattern: string, at: number): number {
    try {
      return RE2JS.compile(pattern).programSize();
    } catch (error) {
      return this.#reader.fail('a regular expression as RE2 has them', {
        at,
        because: messageOf(error).slice(0, 120),
      });
    }
  }

  #compared(field: LogField, op: Comparison): LogQuery {
    const reader = this.#reader;
    reader.space();
    const at = reader.at;
    const word = reader.peek() === '"' ? reader.phrase() : reader.literalWord();
    if (field.of === 'level') return { kind: 'level', op, level: this.#level(word, at) };
    if (field.of === 'text') reader.fail('a field before the comparison, as duration_ms>100', { at });
    return { kind: 'test', field, test: { is: 'compared', op, number: this.#number(word, at) } };
  }

  /** `[400 TO 499]` with its ends, `{0 TO 1}` without; `*` is no bound. */
  #range(field: LogField): LogQuery {
    const reader = this.#reader;
    const opening = reader.next();
    const from = this.#bound(field);
    if (!reader.keyword('TO')) reader.fail("'TO' between the ends of a range, as [400 TO 499]");
    const to = this.#bound(field);
    reader.space();
    const closing = reader.next();
    if (closing !== ']' && closing !== '}')
      reader.fail("']' or '}' at the end of the range", { at: reader.at - closing.length });
    const parts: LogQuery[] = [];
    if (from !== undefined) parts.push(from(opening === '[' ? '>=' : '>'));
    if (to !== undefined) parts.push(to(closing === ']' ? '<=' : '<'));
    if (parts.length === 0) return { kind: 'test', field, test: { is: 'present' } };
    return parts.length === 1 ? parts[0]! : { kind: 'and', parts };
  }

  #bound(field: LogField): ((op: Comparison) => LogQuery) | undefined {
    const reader = this.#reader;
    reader.space();
    const at = reader.at;
    const word = reader.rangeWord();
    if (word === '*') return undefined;
    if (field.of === 'level') {
      const level = this.#level(word, at);
      return op => ({ kind: 'level', op, level });
    }
    const number = this.#number(word, at);
    return op => ({ kind: 'test', field, test: { is: 'compared', op, number } });
  }

  #number(word: string, at: number): number {
    if (!new RegExp(numberPattern).test(word)) this.#reader.fail('a number', { at });
    return Number(word);
  }

  #level(word: string, at: number): QueryLevel {
    const level = levelNames[word.toLowerCase()];
    return level ?? this.#reader.fail(levelsExpected, { at });
  }

  #field(name: string, at: number): LogField {
    const known = fieldNames[name];
    if (known !== undefined) return known;
    if (/^@?time(stamp)?$/.test(name))
      this.#reader.fail('a field', {
        at,
        because: 'time is no part of a query',
        hint: 'Give the window beside it: --from, --to, --last.',
      });
    const [, prefix, rest] = /^(attributes?|attr|resource)\.(.+)$/.exec(name) ?? [];
    if (rest !== undefined) return { of: prefix === 'resource' ? 'resource' : 'record', name: rest };
    return { of: 'attribute', name: name.replace(/^@/, '') };
  }
}

const levelsExpected = `a level (${queryLevels.join(', ')})`;

const fieldNames: Readonly<Record<string, LogField>> = {
  __proto__: null as never,
  level: { of: 'level' },
  severity: { of: 'level' },
  service: { of: 'service' },
  'service.name': { of: 'service' },
  body: { of: 'body' },
  message: { of: 'body' },
  scope: { of: 'scope' },
  logger: { of: 'scope' },
  trace: { of: 'traceId' },
  trace_id: { of: 'traceId' },
  traceId: { of: 'traceId' },
  span: { of: 'spanId' },
  span_id: { of: 'spanId' },
  spanId: { of: 'spanId' },
};
