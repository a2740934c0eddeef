import type { SyntaxNode, Tree } from '@lezer/common';
import { type Position, PromqlError } from './promql-error.ts';

/** Places in one query: line and column are found by bisection over the line starts. */
export class Places {
  readonly #starts: number[] = [0];

  constructor(query: string) {
    for (let i = query.indexOf('\n'); i >= 0; i = query.indexOf('\n', i + 1)) this.#starts.push(i + 1);
  }

  of(offset: number, end: number): Position {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { offset, end, line: low + 1, column: offset - this.#starts[low]! + 1 };
  }
}

const brackets: Readonly<Record<string, string>> = { '(': 'parenthesis', '{': 'brace', '[': 'bracket' };
const closers: Readonly<Record<string, string>> = { ')': '(', '}': '{', ']': '[' };

/** Walk over the query outside strings and comments; finds brackets that don't match and strings that don't end. */
function unbalanced(query: string): { message: string; offset: number } | undefined {
  const open: { char: string; offset: number }[] = [];
  for (let i = 0; i < query.length; i++) {
    const char = query[i]!;
    if (char === '#') {
      const end = query.indexOf('\n', i);
      if (end < 0) break;
      i = end;
    } else if (char === '"' || char === "'" || char === '`') {
      const start = i;
      for (i++; i < query.length && query[i] !== char; i++) {
        if (char !== '`' && query[i] === '\\') i++;
        else if (char !== '`' && query[i] === '\n')
          return { message: 'unterminated quoted string', offset: start };
      }
      if (i >= query.length) {
        return { message: `unterminated ${char === '`' ? 'raw' : 'quoted'} string`, offset: start };
      }
    } else if (brackets[char]) {
      open.push({ char, offset: i });
    } else if (closers[char]) {
      const last = open.pop();
      if (!last) return { message: `unexpected right ${brackets[closers[char]!]} '${char}'`, offset: i };
      if (last.char !== closers[char]) {
        return { message: `unexpected right ${brackets[closers[char]!]} '${char}'`, offset: i };
      }
    }
  }
  const left = open.pop();
  return left && { message: `unclosed left ${brackets[left.char]}`, offset: query.length };
}

/** The first place at which the grammar did not fit. */
export function firstError(tree: Tree): SyntaxNode | undefined {
  let found: SyntaxNode | undefined;
  tree.iterate({
    enter(node) {
      if (found) return false;
      if (node.type.isError) found = node.node;
      return !found;
    },
  });
  return found;
}

function unexpected(query: string, from: number): string {
  const rest = query.slice(from);
  const word = /^[A-Za-z_:][\w:]*/.exec(rest)?.[0];
  if (word) {
    return /^[A-Za-z_:][\w:]*\s*\(/.test(rest)
      ? `unknown function with name "${word}"`
      : `unexpected identifier "${word}"`;
  }
  const number = /^[.\d][\w.]*/.exec(rest)?.[0];
  if (number)
    return /^\d/.test(number) && /[A-Za-z_]/.test(number)
      ? `bad number or duration syntax: "${number}"`
      : `unexpected number "${number}"`;
  const string = /^(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)/.exec(rest)?.[0];
  if (string) return `unexpected string ${string}`;
  const operator = /^(?:==|!=|=~|!~|<=|>=|[-+*/%^=<>@,:(){}[\]])/.exec(rest)?.[0];
  return operator
    ? `unexpected "${operator}"`
    : `unexpected character: '${String.fromCodePoint(rest.codePointAt(0)!)}'`;
}

/** Lezer gives up somewhere above this depth, and calls it a syntax error. */
const tooDeep = 500;

function depthOf(node: SyntaxNode): number {
  let depth = 0;
  for (let at: SyntaxNode | null = node; at && depth <= tooDeep; at = at.parent) depth++;
  return depth;
}

/** The first syntax error of a parsed query, as an error with its place; undefined when there is none. */
export function syntaxError(query: string, tree: Tree, places: Places): PromqlError | undefined {
  const broken = unbalanced(query);
  const node = firstError(tree);
  if (!node && !broken) return undefined;
  if (query.trim() === '' || (node && query.replaceAll(/#[^\n]*/g, '').trim() === '')) {
    return new PromqlError('parse', 'no expression found in input', places.of(0, 0));
  }
  if (node && depthOf(node) > tooDeep) {
    return new PromqlError(
      'parse',
      'expression is too long or nested too deeply',
      places.of(node.from, node.to),
    );
  }
  const from = node ? node.from + (/^\s*/.exec(query.slice(node.from))?.[0].length ?? 0) : query.length;
  if (broken && (!node || broken.offset <= from || from >= query.length)) {
    return new PromqlError('parse', broken.message, places.of(broken.offset, query.length));
  }
  const call = /([A-Za-z_:][\w:]*)\s*$/.exec(query.slice(0, from));
  if (query[from] === '(' && call) {
    const at = places.of(call.index, call.index + call[1]!.length);
    return new PromqlError('parse', `unknown function with name "${call[1]}"`, at);
  }
  if (from >= query.length)
    return new PromqlError('parse', 'unexpected end of input', places.of(query.length, query.length));
  return new PromqlError('parse', unexpected(query, from), places.of(from, Math.max(node!.to, from + 1)));
}
