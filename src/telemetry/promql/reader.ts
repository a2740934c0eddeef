import type { SyntaxNode } from '@lezer/common';
import type { Expr } from './ast.ts';
import { numberValue, stringValue } from './literal.ts';
import { type Position, PromqlError } from './promql-error.ts';
import type { Places } from './syntax-error.ts';

/** One query on its way from lezer's tree to the typed one. */
export class Reader {
  readonly query: string;
  readonly #places: Places;
  /** Turns a node of lezer's tree, at a depth of nesting, into a typed expression. */
  readonly expr: (reader: Reader, node: SyntaxNode, depth: number) => Expr;

  constructor(query: string, places: Places, expr: Reader['expr']) {
    this.query = query;
    this.#places = places;
    this.expr = expr;
  }

  text(node: SyntaxNode): string {
    return this.query.slice(node.from, node.to);
  }

  at(node: SyntaxNode): Position {
    return this.#places.of(node.from, node.to);
  }

  fail(message: string, node: SyntaxNode): PromqlError {
    return new PromqlError('parse', message, this.at(node));
  }

  string(node: SyntaxNode): string {
    try {
      return stringValue(this.text(node));
    } catch {
      throw this.fail(`invalid string ${this.text(node)}: invalid syntax`, node);
    }
  }

  number(node: SyntaxNode): number {
    const value = numberValue(this.text(node).replaceAll(/\s/g, ''));
    if (value === undefined) throw this.fail(`bad number or duration syntax: "${this.text(node)}"`, node);
    return value;
  }

  labels(node: SyntaxNode): string[] {
    const names: string[] = [];
    for (let child = node.firstChild; child; child = child.nextSibling) {
      const name =
        child.name === 'QuotedLabelName'
          ? this.string(child.firstChild!)
          : child.name === 'LabelName'
            ? this.text(child)
            : undefined;
      if (name === undefined) continue;
      if (name === '' || !name.isWellFormed())
        throw this.fail(`invalid label name for grouping: "${name}"`, child);
      names.push(name);
    }
    return names;
  }
}

/** All children that are expressions. */
export function expressions(node: SyntaxNode): SyntaxNode[] {
  return node.getChildren('Expr');
}
