import { quoted } from './literal.ts';

/** A label set, `__name__` included. Labels with an empty value count as absent. */
export type Labels = Readonly<Record<string, string>>;

/** Labels that describe the metric, not the thing measured; functions drop them with the name. */
const metadata = ['__name__', '__type__', '__unit__'] as const;

const keys = new WeakMap<Labels, string>();

/** A string that two label sets share exactly when they are equal. */
export function labelsKey(labels: Labels): string {
  let key = keys.get(labels);
  if (key === undefined) {
    key = '';
    for (const name of Object.keys(labels).sort()) {
      const value = labels[name]!;
      if (value !== '') key += `${name}\u0000${value}\u0001`;
    }
    keys.set(labels, key);
  }
  return key;
}

/** Says which labels decide a group: `by`/`on` those named, `without`/`ignoring` all others but the name. */
export interface Grouping {
  readonly without: boolean;
  readonly names: readonly string[];
}

/** A function from label sets to the key of their group; equal keys mean the same group. */
export function groupKey(grouping: Grouping): (labels: Labels) => string {
  const { names } = grouping;
  if (!grouping.without) {
    if (names.length === 0) return () => '';
    const sorted = [...new Set(names)].sort();
    if (sorted.length === 1) {
      const only = sorted[0]!;
      return labels => labels[only] ?? '';
    }
    return labels => {
      let key = '';
      for (const name of sorted) key += `${labels[name] ?? ''}\u0001`;
      return key;
    };
  }
  const dropped = new Set([...names, '__name__']);
  return labels => {
    let key = '';
    for (const name of Object.keys(labels).sort()) {
      const value = labels[name]!;
      if (value !== '' && !dropped.has(name)) key += `${name}\u0000${value}\u0001`;
    }
    return key;
  };
}

/** The labels that the group's members share. */
export function groupLabels(grouping: Grouping, labels: Labels): Labels {
  return grouping.without
    ? withoutLabels(labels, [...grouping.names, '__name__'])
    : onlyLabels(labels, grouping.names);
}

export function onlyLabels(labels: Labels, names: readonly string[]): Labels {
  const out: Record<string, string> = {};
  for (const name of names) {
    const value = labels[name];
    if (value) out[name] = value;
  }
  return out;
}

export function withoutLabels(labels: Labels, names: readonly string[]): Labels {
  const out: Record<string, string> = {};
  for (const name of Object.keys(labels)) if (!names.includes(name)) out[name] = labels[name]!;
  return out;
}

interface Shorn {
  /** The labels without the metric's name, type and unit. */
  readonly labels: Labels;
  /** Those three: where they are equal, series of different labels stay different without them. */
  readonly metric: string;
}
const shorn = new WeakMap<Labels, Shorn>();

/** What functions leave of a label set, and what they take away. */
export function shornLabels(labels: Labels): Shorn {
  let out = shorn.get(labels);
  if (!out) {
    const metric = metadata.map(name => labels[name] ?? '').join('\u0000');
    out = { labels: metric === '\u0000\u0000' ? labels : withoutLabels(labels, metadata), metric };
    shorn.set(labels, out);
  }
  return out;
}

/** The labels without the metric's name, type and unit. */
export function withoutName(labels: Labels): Labels {
  if (labels.__name__ === undefined && labels.__type__ === undefined && labels.__unit__ === undefined)
    return labels;
  return shornLabels(labels).labels;
}

/** Order of label sets as Prometheus sorts them: name by name, value by value. */
export function compareLabels(a: Labels, b: Labels): number {
  const left = Object.keys(a).sort();
  const right = Object.keys(b).sort();
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    if (left[i] !== right[i]) return left[i]! < right[i]! ? -1 : 1;
    const x = a[left[i]!]!;
    const y = b[left[i]!]!;
    if (x !== y) return x < y ? -1 : 1;
  }
  return left.length - right.length;
}

/** `{a="1", b="2"}`, as Prometheus prints label sets in errors. */
export function labelsText(labels: Labels): string {
  const parts = Object.keys(labels)
    .sort()
    .map(name => `${/^[A-Za-z_]\w*$/.test(name) ? name : quoted(name)}=${quoted(labels[name]!)}`);
  return `{${parts.join(', ')}}`;
}
