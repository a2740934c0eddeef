/**
 * Log templates: lines that differ in their values only are one template. Drain's idea (He, Zhu, Zheng, Lyu: "Drain:
 * An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017): values that look like values are masked first,
 * then a tree of fixed depth (number of tokens, then the first ones) leads to a few candidates, and the most similar
 * takes the line, its differing tokens becoming wildcards.
 */
export const wildcard = '<*>';

export interface TemplateOptions {
  /** Least share of equal tokens for a line to join a template. Default 0.5. */
  similarity?: number;
  /** How many of the first tokens the tree tells apart. Default 2. */
  depth?: number;
  /** Children of a node of the tree; what comes later goes under a wildcard. Default 100. */
  maxChildren?: number;
  /** Templates that are kept; what comes later is counted under `<*>` alone. Default 5,000. */
  maxTemplates?: number;
}

export interface Template {
  /** Stays the same while the template's text becomes more general. */
  readonly id: number;
  tokens: string[];
  count: number;
}

interface Node {
  children: Map<string, Node>;
  templates: Template[];
}

/** Tokens of a line that are taken into account, and characters. */
const mostTokens = 100;
const mostCharacters = 2_000;

/** Order matters: what is more specific comes first. */
const masks: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?/g, '<time>'],
  [/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b/g, '<mail>'],
  [/"(?:[^"\\]|\\.){0,500}"|(?<!\w)'(?:[^'\\]|\\.){0,500}'(?!\w)/g, '<text>'],
  [/\b(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?\b/g, '<ip>'],
  [/(?<![\w:])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}\b/gi, '<ip>'],
  [/\b0x[0-9a-f]+\b/gi, '<hex>'],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b/gi, '<hex>'],
  [
    /(?<![\w.])[+-]?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?(?=(?:ms|us|µs|ns|s|m|h|d|[kmgt]i?b|b|%)?(?![\w]))/gi,
    '<num>',
  ],
];

/** The line with what are surely values replaced: `took 12 ms for "x"` → `took <num> ms for <text>`. */
export function masked(line: string): string {
  let text = line.length > mostCharacters ? line.slice(0, mostCharacters) : line;
  for (const [pattern, name] of masks) text = text.replace(pattern, name);
  return text;
}

/** Finds templates line by line. Memory is bounded by the options, not by the lines. */
export class TemplateMiner {
  readonly #similarity: number;
  readonly #depth: number;
  readonly #maxChildren: number;
  readonly #maxTemplates: number;
  readonly #root: Node = newNode();
  readonly #overflow: Template = { id: 0, tokens: [wildcard], count: 0 };
  #made = 0;

  constructor(options: TemplateOptions = {}) {
    this.#similarity = options.similarity ?? 0.5;
    this.#depth = options.depth ?? 2;
    this.#maxChildren = options.maxChildren ?? 100;
    this.#maxTemplates = options.maxTemplates ?? 5_000;
  }

  /** Counts lines of one text and returns their template, which may become more general later. */
  add(line: string, count = 1): Template {
    const tokens = masked(line)
      .split(/\s+/)
      .filter(token => token !== '')
      .slice(0, mostTokens);
    const leaf = this.#leaf(tokens);
    let best: Template | undefined;
    let bestSimilarity = -1;
    for (const template of leaf.templates) {
      const similarity = similarityOf(template.tokens, tokens);
      if (similarity > bestSimilarity) {
        best = template;
        bestSimilarity = similarity;
      }
    }
    if (best !== undefined && bestSimilarity >= this.#similarity) {
      for (let index = 0; index < tokens.length; index++)
        if (best.tokens[index] !== tokens[index]) best.tokens[index] = wildcard;
      best.count += count;
      return best;
    }
    if (this.#made >= this.#maxTemplates) {
      this.#overflow.count += count;
      return this.#overflow;
    }
    this.#made += 1;
    const template: Template = { id: this.#made, tokens, count };
    leaf.templates.push(template);
    return template;
  }

  /** Down the tree: by the number of tokens, then by the first ones that are no values. */
  #leaf(tokens: readonly string[]): Node {
    let node = childOf(this.#root, String(tokens.length), Number.POSITIVE_INFINITY);
    for (let index = 0; index < Math.min(this.#depth, tokens.length); index++)
      node = childOf(node, pathToken(tokens[index]!), this.#maxChildren);
    return node;
  }
}

export function templateText(template: Template): string {
  return template.tokens.join(' ');
}

/** Tokens with digits or masks vary: they must not lead to different leaves. */
function pathToken(token: string): string {
  return /\d|<[a-z*]+>/.test(token) ? wildcard : token;
}

function childOf(node: Node, key: string, most: number): Node {
  const known = node.children.get(key);
  if (known !== undefined) return known;
  const name = node.children.size >= most ? wildcard : key;
  let child = node.children.get(name);
  if (child === undefined) {
    child = newNode();
    node.children.set(name, child);
  }
  return child;
}

function newNode(): Node {
  return { children: new Map(), templates: [] };
}

/** Share of equal tokens; a wildcard is equal to nothing, so that a template of wildcards does not take every line. */
function similarityOf(template: readonly string[], tokens: readonly string[]): number {
  if (tokens.length === 0) return 1;
  let equal = 0;
  for (let index = 0; index < tokens.length; index++) if (template[index] === tokens[index]) equal += 1;
  return equal / tokens.length;
}
