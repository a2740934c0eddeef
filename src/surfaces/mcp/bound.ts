/**
 * Bounds what a tool answers. A model's context is small and dear: what is too large is shortened where it is
 * largest, so that the shape stays and everything else stays whole.
 */

/** About 12,000 tokens of English and JSON; the usual client cuts off at 25,000. */
export const MAX_CHARS = 40_000;

const MIN_ITEMS = 1;
const MIN_TEXT = 200;

export interface Bounded {
  value: unknown;
  /** What was left out, as `incidents: 12 of 340`. Empty if nothing was. */
  left: string[];
}

/** The value with its largest lists (then its longest texts) halved until it fits. */
export function boundValue(value: unknown, maxChars: number = MAX_CHARS): Bounded {
  const copy: unknown = structuredClone(value);
  const lists = new Map<unknown[], { path: string; of: number }>();
  const texts = new Map<string, number>();
  const root = { value: copy };
  for (let size = sizeOf(copy); size > maxChars; size = sizeOf(root.value)) {
    const list = largestList(root.value, '');
    if (list !== undefined && list.items.length > MIN_ITEMS) {
      const known = lists.get(list.items) ?? { path: list.path, of: list.items.length };
      lists.set(list.items, known);
      list.items.length = Math.max(MIN_ITEMS, Math.floor(list.items.length / 2));
      continue;
    }
    const text = longestText(root, 'value', '');
    if (text === undefined || text.length <= MIN_TEXT) break;
    texts.set(text.path, texts.get(text.path) ?? text.length);
    text.holder[text.key] =
      `${text.holder[text.key]!.slice(0, Math.max(MIN_TEXT, Math.floor(text.length / 2)) - 1)}…`;
  }
  const left = [
    ...[...lists].map(([items, { path, of }]) => `${path || 'items'}: ${items.length} of ${of}`),
    ...[...texts].map(([path, of]) => `${path || 'text'}: the beginning of ${of} characters`),
  ];
  return { value: root.value, left };
}

/** The text, cut at the end of a line if it is too long. */
export function boundText(text: string, maxChars: number = MAX_CHARS): { text: string; cut: boolean } {
  if (text.length <= maxChars) return { text, cut: false };
  const end = text.lastIndexOf('\n', maxChars);
  return { text: text.slice(0, end > maxChars / 2 ? end : maxChars), cut: true };
}

function sizeOf(value: unknown): number {
  return JSON.stringify(value)?.length ?? 0;
}

interface FoundList {
  items: unknown[];
  path: string;
  size: number;
}

/** The list that takes most room and has more than one item. */
function largestList(value: unknown, path: string): FoundList | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const inside = Object.entries(value)
    .map(([key, item]) => largestList(item, path === '' ? key : `${path}.${key}`))
    .filter(found => found !== undefined);
  if (Array.isArray(value) && value.length > MIN_ITEMS)
    inside.push({ items: value, path, size: sizeOf(value) });
  return inside.toSorted((a, b) => b.size - a.size)[0];
}

interface FoundText {
  holder: Record<string, string>;
  key: string;
  path: string;
  length: number;
}

function longestText(holder: object, key: string, path: string): FoundText | undefined {
  const value = (holder as Record<string, unknown>)[key];
  if (typeof value === 'string')
    return { holder: holder as Record<string, string>, key, path, length: value.length };
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.keys(value)
    .map(inner => longestText(value, inner, path === '' ? inner : `${path}.${inner}`))
    .filter(found => found !== undefined)
    .toSorted((a, b) => b.length - a.length)[0];
}
