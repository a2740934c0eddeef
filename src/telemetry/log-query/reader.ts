import { Fault } from '../../kernel/index.ts';
import { caretLines } from '../caret.ts';
import { type Comparison, type GlobPart, queryBounds } from './query.ts';

/** `http.status_code`, `app.kubernetes.io/name`, `@duration`: what may stand before an operator. */
const fieldWord = /@?[\p{L}_][\p{L}\p{N}_.\-/@$]*/uy;
/** `http://…` is text. */
const afterField = /:(?!\/\/)|=~|!~|!=|>=|<=|=|>|<|~/y;
const afterSpaces = /\s+(!=|>=|<=|=|>|<)(?=[\s\d"+.-]|$|\p{L})/uy;
const comparison = />=|<=|>|</y;

/** The text of a query, read from left to right, and how to say what is wrong where. */
export class QueryReader {
  readonly #text: string;
  at = 0;

  constructor(text: string) {
    this.#text = text;
    if (text.length > queryBounds.characters)
      throw new Fault(
        'invalid',
        `The log query has ${text.length} characters, and may have ${queryBounds.characters}.`,
        {
          field: 'query',
        },
      );
  }

  get done(): boolean {
    return this.at >= this.#text.length;
  }

  peek(): string {
    return this.#text[this.at] ?? '';
  }

  next(): string {
    const character = this.peek();
    this.at += character.length;
    return character;
  }

  take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.at += 1;
    return true;
  }

  space(): void {
    while (/\s/.test(this.peek())) this.at += 1;
  }

  /** Nothing more of a group or of the query follows. */
  atEnd(): boolean {
    this.space();
    return this.done || this.peek() === ')';
  }

  keyword(...words: readonly string[]): boolean {
    const found = this.#keyword(words);
    if (found !== undefined) this.at += found.length;
    return found !== undefined;
  }

  atKeyword(...words: readonly string[]): boolean {
    return this.#keyword(words) !== undefined;
  }

  /** `-x`, `!x` and `NOT x`. */
  negation(): boolean {
    if (this.keyword('NOT')) return true;
    const sign = this.peek();
    const next = this.#text[this.at + 1] ?? ' ';
    if ((sign !== '-' && sign !== '!') || /\s/.test(next) || (sign === '!' && /[~=]/.test(next)))
      return false;
    this.at += 1;
    return true;
  }

  /** `name:` with its operator, or nothing: then nothing is taken. */
  fieldName(): { name: string; operator: string; at: number } | undefined {
    const start = this.at;
    let name: string | undefined;
    if (this.peek() === '"') {
      if (this.#closing() < 0) return undefined;
      name = this.phrase();
    } else name = this.#sticky(fieldWord)?.[0];
    if (name !== undefined && name !== '') {
      const operator = this.#sticky(afterField)?.[0] ?? this.#sticky(afterSpaces)?.[1];
      if (operator !== undefined) return { name, operator: operator === '=~' ? '~' : operator, at: start };
    }
    this.at = start;
    return undefined;
  }

  comparison(): Comparison | undefined {
    return this.#sticky(comparison)?.[0] as Comparison | undefined;
  }

  matching(): '~' | '!~' | undefined {
    const found = this.#sticky(/!~|~/y)?.[0];
    return found as '~' | '!~' | undefined;
  }

  /** A text in double quotes, its backslashes taken away. */
  phrase(): string {
    const opened = this.at;
    const closing = this.#closing();
    if (closing < 0)
      this.fail("'\"' at the end of the quoted text", {
        at: this.#text.length,
        because: `it begins at column ${opened + 1}`,
      });
    this.at = closing + 1;
    return this.#text.slice(opened + 1, closing).replace(/\\([\s\S])/g, '$1');
  }

  /** A word with its wildcards; a backslash takes a character as it is. `text`: a quote or parenthesis ends it. */
  word(inGroup: boolean): GlobPart[] {
    const parts: GlobPart[] = [];
    let text = '';
    const start = this.at;
    while (!this.done) {
      const character = this.peek();
      if (/[\s()"]/.test(character)) break;
      this.at += 1;
      if (character === '\\' && !this.done) text += this.next();
      else if (character === '*' || character === '?') {
        if (text !== '') parts.push({ text });
        text = '';
        if (character === '?' || !isStar(parts.at(-1))) parts.push({ wild: character });
      } else text += character;
    }
    if (text !== '') parts.push({ text });
    if (parts.length === 0) this.fail(inGroup ? 'a word, a "quoted text" or a field' : 'a value');
    const plain = this.#text.slice(start, this.at);
    if (inGroup && ['AND', 'OR', 'NOT', 'TO', '&&', '||'].includes(plain))
      this.fail(`a word before '${plain}'`, {
        at: start,
        hint: `Put it in quotes if you mean the word: "${plain}".`,
      });
    return parts;
  }

  literalWord(): string {
    const parts = /[^\s()"]+/y;
    const word = this.#sticky(parts)?.[0];
    if (word === undefined) this.fail('a value');
    return word;
  }

  rangeWord(): string {
    const word = this.#sticky(/[^\s()"[\]{}]+/y)?.[0];
    if (word === undefined) this.fail('an end of the range: a number or *');
    return word;
  }

  /** `/…/`, `/…/i` or `"…"`; in quotes only a quote is escaped. */
  regex(): { pattern: string; anyCase: boolean; at: number } {
    const at = this.at;
    const quote = this.peek();
    if (quote !== '/' && quote !== '"') this.fail('a regular expression between slashes, as ~/time.*out/');
    let end = at + 1;
    while (end < this.#text.length && this.#text[end] !== quote) end += this.#text[end] === '\\' ? 2 : 1;
    if (end >= this.#text.length)
      this.fail(`'${quote}' at the end of the regular expression`, { at: this.#text.length });
    const pattern = this.#text
      .slice(at + 1, end)
      .replace(/\\(["/])/g, (all, escaped) => (escaped === quote ? quote : all));
    this.at = end + 1;
    if (pattern === '') this.fail('a regular expression that is not empty', { at: at + 1 });
    const flags = quote === '/' ? (this.#sticky(/[a-z]+/y)?.[0] ?? '') : '';
    if (flags !== '' && flags !== 'i')
      this.fail("no flag but 'i' after a regular expression", { at: end + 1 });
    return { pattern, anyCase: flags === 'i', at };
  }

  /** What stands here is not what was expected. */
  fail(expected: string, detail: { at?: number; because?: string; hint?: string } = {}): never {
    const at = Math.min(detail.at ?? this.at, this.#text.length);
    const found = /^(?:[^\s]{1,24}|\s)/u.exec(this.#text.slice(at))?.[0];
    const because = detail.because === undefined ? '' : ` (${detail.because})`;
    this.#fault(
      `expected ${expected}${because}, found ${found === undefined ? 'the end' : `'${found.trim()}'`}`,
      at,
      detail.hint,
    );
  }

  /** What stands here is more than may. */
  refuse(what: string, at = this.at): never {
    this.#fault(`it ${what}`, at, undefined);
  }

  #fault(what: string, at: number, hint: string | undefined): never {
    throw new Fault(
      'invalid',
      `The log query can't be read at column ${at + 1}: ${what}.\n${caretLines(this.#text, at)}`,
      {
        field: 'query',
        hint: hint ?? 'The language: level:error service:payments "pool exhausted" -healthz body~/time.*out/',
      },
    );
  }

  /** Where the quoted text that begins here ends, or -1. */
  #closing(): number {
    for (let end = this.at + 1; end < this.#text.length; end++) {
      if (this.#text[end] === '\\') end += 1;
      else if (this.#text[end] === '"') return end;
    }
    return -1;
  }

  #keyword(words: readonly string[]): string | undefined {
    this.space();
    return words.find(word => {
      if (!this.#text.startsWith(word, this.at)) return false;
      const after = this.#text[this.at + word.length] ?? ' ';
      return /\W/.test(word) || /[\s()"]/.test(after);
    });
  }

  #sticky(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.at += found[0].length;
    return found;
  }
}

function isStar(part: GlobPart | undefined): boolean {
  return part !== undefined && 'wild' in part && part.wild === '*';
}
