/**
 * Log templates: lines that differ in their values only are one template. Found line by line, in bounded memory:
 *
 * - Values that look like values are masked in each word (`log-token.ts`).
 * - Drain's idea of a shallow tree (He, Zhu, Zheng, Lyu, ICWS 2017): the number of words and the first one lead to a few
 *   families; the line joins the one with the most words in the same places.
 * - Drain then makes every place that differs a wildcard. Here a family keeps apart what differs in plain words (`opened`,
 *   `closed`) until a place has taken so many different ones that they must be values; then its templates become one. So
 *   messages that share most of their words are not thrown together, and names are still found to be values.
 */
import { messageOfBody, shownToken, type Token, tokensOf, wildcard } from './log-token.ts';

export interface TemplateOptions {
  /** Least share of words that agree for a line to join a family. Default 0.5. */
  similarity?: number;
  /** So many different words in one place, all else being the same, are values. Default 4. */
  alone?: number;
  /** So many different words in one place, whatever else differs, are values. Default 10. */
  together?: number;
  /** Templates that are kept; what comes later is counted under `<*>` alone. Default 2,000. */
  maxTemplates?: number;
  /** Makes ids of one miner differ from another's: the service. */
  seed?: string;
}

export interface Template {
  /** Stays the same while the template's text becomes more general; the same line first seen gives the same id. */
  readonly id: number;
  readonly tokens: string[];
  count: number;
  /** The template that this one became part of. */
  into?: Template;
}

/** A template as it is kept between runs. */
export interface KeptTemplate {
  id: number;
  /** The template that it became part of, or 0. */
  into: number;
  tokens: readonly string[];
}

interface Known extends Template {
  readonly shapes: string[];
  readonly valued: readonly boolean[];
  readonly frames: readonly string[];
}

interface Family {
  readonly shapes: string[];
  readonly valued: boolean[];
  readonly frames: readonly string[];
  /** Places in which its lines differ, but for values that look like values. */
  readonly varying: number[];
  /** Those of them that take values. */
  readonly variable: Set<number>;
  members: Map<string, Known>;
}

/** Members of a family; more make the place that differs most a variable. */
const mostMembers = 64;
/** Families of one length and first word; a line that finds no kin among them is counted under `<*>`. */
const mostFamilies = 1_000;

/** Finds templates line by line. Memory is bounded by the options, not by the lines. */
export class TemplateMiner {
  readonly #similarity: number;
  readonly #alone: number;
  readonly #together: number;
  readonly #maxTemplates: number;
  readonly #seed: number;
  readonly #leaves = new Map<string, Family[]>();
  readonly #ids = new Set<number>();
  readonly #overflow: Known;
  #changed = new Set<Known>();

  constructor(options: TemplateOptions = {}) {
    this.#similarity = options.similarity ?? 0.5;
    this.#alone = options.alone ?? 4;
    this.#together = options.together ?? 10;
    this.#maxTemplates = options.maxTemplates ?? 2_000;
    this.#seed = hashed(options.seed ?? '', 0);
    this.#overflow = this.#made([shownToken(wildcard)], hashed(wildcard, this.#seed));
  }

  /** Counts lines of one text and returns their template, which may become more general, or part of another, later. */
  add(line: string, count = 1): Template {
    const template = this.#found(tokensOf(messageOfBody(line)));
    template.count += count;
    return template;
  }

  /** Templates that are new or have another text than when this was asked last. */
  takeChanged(): KeptTemplate[] {
    const changed = [...this.#changed].map(kept);
    this.#changed = new Set();
    return changed;
  }

  /** Knows templates of an earlier run again. Those that became part of another are not needed here. */
  restore(templates: readonly KeptTemplate[]): void {
    const before = this.#changed;
    this.#changed = new Set();
    for (const { id, into, tokens } of templates) {
      if (into !== 0 || this.#ids.has(id) || this.#ids.size > this.#maxTemplates) continue;
      this.#found(tokens.map(shownToken), id);
    }
    // What is known is known; only what became one just now is new.
    this.#changed = new Set([
      ...before,
      ...[...this.#changed].filter(template => template.into !== undefined),
    ]);
  }

  #found(tokens: readonly Token[], id?: number): Known {
    const leaf = this.#leaf(tokens);
    let best: Family | undefined;
    let bestShare = -1;
    for (const family of leaf) {
      const share = shareOf(family, tokens);
      if (share > bestShare) {
        best = family;
        bestShare = share;
      }
    }
    if (best !== undefined && bestShare >= this.#similarity) return this.#member(best, tokens, id);
    if (this.#full || leaf.length >= mostFamilies) return this.#overflow;
    const template = this.#made(tokens, id);
    const family: Family = {
      shapes: [...template.shapes],
      valued: [...template.valued],
      frames: template.frames,
      varying: [],
      variable: new Set(),
      members: new Map([['', template]]),
    };
    for (const [place, token] of tokens.entries())
      if (token.shape === wildcard) {
        family.varying.push(place);
        family.variable.add(place);
      }
    leaf.push(family);
    return template;
  }

  get #full(): boolean {
    return this.#ids.size > this.#maxTemplates;
  }

  #leaf(tokens: readonly Token[]): Family[] {
    const [first] = tokens;
    const key = `${tokens.length} ${first === undefined || first.valued ? wildcard : first.shape}`;
    let leaf = this.#leaves.get(key);
    if (leaf === undefined) {
      // First words without number are no first words: under a bound they go by their length alone.
      const shared = this.#leaves.size < this.#maxTemplates ? key : `${tokens.length} ${wildcard}`;
      leaf = this.#leaves.get(shared) ?? [];
      this.#leaves.set(shared, leaf);
    }
    return leaf;
  }

  #member(family: Family, tokens: readonly Token[], id?: number): Known {
    let opened = false;
    for (let place = 0; place < tokens.length; place++) {
      const token = tokens[place]!;
      if (family.shapes[place] === wildcard || agrees(family, place, token)) continue;
      family.shapes[place] = wildcard;
      family.valued[place] = false;
      family.varying.push(place);
      opened = true;
      if (token.shape === wildcard) family.variable.add(place);
    }
    if (opened) this.#regroup(family);
    const key = keyOf(family, place => kindOf(tokens[place]!));
    const known = family.members.get(key);
    if (known !== undefined) {
      for (let place = 0; place < tokens.length; place++) {
        const { text, shape } = tokens[place]!;
        if (known.tokens[place] !== text) this.#show(known, place, text, shape);
      }
      return known;
    }
    if (this.#full) return this.#overflow;
    const made = this.#made(tokens, id);
    for (const place of family.variable) made.shapes[place] = wildcard;
    family.members.set(key, made);
    this.#decide(family);
    return current(made);
  }

  /** Which places of a family take values, now that it has one more member. */
  #decide(family: Family): void {
    for (;;) {
      const open = family.varying.filter(place => !family.variable.has(place));
      const members = [...family.members.values()];
      let widest = -1;
      let most = 0;
      const found = open.find(place => {
        const others = open.filter(other => other !== place);
        const groups = Map.groupBy(members, member =>
          others.map(other => memberKind(member, other)).join('\0'),
        );
        const different = new Set(members.map(member => memberKind(member, place))).size;
        if (different > most) {
          most = different;
          widest = place;
        }
        return different >= this.#together || [...groups.values()].some(group => group.length >= this.#alone);
      });
      const place = found ?? (members.length > mostMembers ? widest : -1);
      if (place < 0) return;
      family.variable.add(place);
      for (const member of members) member.shapes[place] = wildcard;
      this.#regroup(family);
    }
  }

  /** Members that do not differ any more become one: the first of them. */
  #regroup(family: Family): void {
    const members = new Map<string, Known>();
    for (const member of family.members.values()) {
      const key = keyOf(family, place => memberKind(member, place));
      const first = members.get(key);
      if (first === undefined) {
        members.set(key, member);
        continue;
      }
      for (const [place, text] of member.tokens.entries())
        this.#show(first, place, text, member.shapes[place]!);
      first.count += member.count;
      member.into = first;
      this.#changed.add(member);
    }
    family.members = members;
  }

  /** Takes a word into a template's text: as it is, its shape, or a wildcard within what both have around. */
  #show(template: Known, place: number, text: string, shape: string): void {
    const shown = template.tokens[place]!;
    if (shown === text) return;
    const before = template.shapes[place]!;
    const next = before === shape && before !== wildcard ? before : between(shown, text);
    if (before !== shape && before !== wildcard) template.shapes[place] = between(before, shape);
    if (next === shown) return;
    template.tokens[place] = own(next);
    this.#changed.add(template);
  }

  #made(tokens: readonly Token[], given?: number): Known {
    const shapes = tokens.map(token => token.shape);
    let id = given ?? hashed(shapes.join(' '), this.#seed);
    while (this.#ids.has(id)) id += 1;
    this.#ids.add(id);
    const template: Known = {
      id,
      tokens: tokens.map(token => own(token.text)),
      count: 0,
      shapes: shapes.map(own),
      valued: tokens.map(token => token.valued),
      frames: tokens.map(token => own(token.frame)),
    };
    this.#changed.add(template);
    return template;
  }
}

/** V8 copies parts of strings up to this length and points into the whole beyond it. */
const longestCopied = 12;

/** A text by itself: what is kept must not keep the line that it is a part of in memory. */
function own(text: string): string {
  return text.length <= longestCopied ? text : text.split('').join('');
}

/** The template that a line belongs to by now. */
export function current<T extends Template>(template: T): T {
  let found = template;
  while (found.into !== undefined) found = found.into as T;
  return found;
}

export function templateText({ tokens }: Pick<Template, 'tokens'>): string {
  return tokens.join(' ');
}

function kept({ id, into, tokens }: Template): KeptTemplate {
  return { id, into: into?.id ?? 0, tokens: [...tokens] };
}

function agrees(family: Family, place: number, token: Token): boolean {
  if (family.shapes[place] === token.shape) return true;
  if (!family.valued[place] || !token.valued) return false;
  const frame = family.frames[place]!;
  return frame === token.frame || frame === '' || token.frame === '';
}

function shareOf(family: Family, tokens: readonly Token[]): number {
  if (tokens.length === 0) return 1;
  let equal = 0;
  for (let place = 0; place < tokens.length; place++) if (agrees(family, place, tokens[place]!)) equal += 1;
  return equal / tokens.length;
}

/** What tells members apart in a place: the word, or for values the letters that they stand behind. */
function kindOf({ valued, frame, shape }: Pick<Token, 'valued' | 'frame' | 'shape'>): string {
  return valued ? `${wildcard}${frame}` : shape;
}

function memberKind(member: Known, place: number): string {
  return member.valued[place] ? `${wildcard}${member.frames[place]}` : member.shapes[place]!;
}

function keyOf(family: Family, kind: (place: number) => string): string {
  let key = '';
  for (const place of family.varying) if (!family.variable.has(place)) key += `${place} ${kind(place)}\0`;
  return key;
}

const heads = '=:([{"\'';
const tails = ')]}"\',;:.';

/** `rhost=a` and `rhost=b` → `rhost=<*>`: what both have up to a mark stays. */
function between(one: string, other: string): string {
  let head = 0;
  for (let index = 0; index < one.length && one[index] === other[index]; index++)
    if (heads.includes(one[index]!)) head = index + 1;
  let tail = 0;
  const most = Math.min(one.length, other.length) - head;
  while (tail < most && tails.includes(one.at(-1 - tail)!) && one.at(-1 - tail) === other.at(-1 - tail))
    tail++;
  return `${one.slice(0, head)}${wildcard}${tail === 0 ? '' : one.slice(-tail)}`;
}

/** FNV-1a in two halves of 26 bits: a whole number that JSON and doubles hold. */
function hashed(text: string, seed: number): number {
  let low = (0x811c9dc5 ^ seed) >>> 0;
  let high = (0x01000193 ^ Math.floor(seed / 2 ** 26)) >>> 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    low = Math.imul(low ^ code, 0x01000193) >>> 0;
    high = Math.imul(high ^ (code + index), 0x85ebca6b) >>> 0;
  }
  return (high >>> 6) * 2 ** 26 + (low >>> 6) + 1;
}
