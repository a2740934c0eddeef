import type { Buckets, CounterResetHint, NativeHistogram } from '../../../src/telemetry/promql/index.ts';

const hints: Readonly<Record<string, CounterResetHint>> = {
  unknown: 'unknown',
  reset: 'reset',
  not_reset: 'not_reset',
  gauge: 'gauge',
};

/** A histogram as the notation gives it; `hint` is undefined when it was not written. */
export interface NotedHistogram {
  readonly histogram: NativeHistogram;
  readonly hint: CounterResetHint | undefined;
}

export function notedNumber(text: string): number {
  const word = text.toLowerCase().replace(/^\+/, '');
  if (word === 'inf') return Number.POSITIVE_INFINITY;
  if (word === '-inf') return Number.NEGATIVE_INFINITY;
  if (word === 'nan' || word === '-nan') return Number.NaN;
  const value = Number(word);
  if (word === '' || Number.isNaN(value)) throw new Error(`not a number: ${text}`);
  return value;
}

function buckets(counts: readonly number[], offset: number): Buckets {
  return { index: counts.map((_, i) => i + offset), count: counts };
}

/** `{{schema:0 sum:3 count:4 z_bucket:1 z_bucket_w:0.001 buckets:[1 2] offset:0 n_buckets:[…] n_offset:0 custom_values:[…]}}` */
export function notedHistogram(text: string): NotedHistogram {
  const inner = /^\{\{([\s\S]*)\}\}$/.exec(text);
  if (!inner) throw new Error(`not a histogram: ${text}`);
  const fields = new Map<string, string>();
  const rest = inner[1]!.replace(
    /\s*([a-z_]+)\s*:\s*(\[[^\]]*\]|[^\s[\]]+)/g,
    (_, name: string, value: string) => {
      fields.set(name, value);
      return '';
    },
  );
  if (rest.trim() !== '') throw new Error(`not a histogram: ${text} (${rest})`);
  const number = (name: string) => notedNumber(fields.get(name) ?? '0');
  const list = (name: string) =>
    (fields.get(name)?.slice(1, -1).trim() || '').split(/\s+/).filter(Boolean).map(notedNumber);
  const hintText = fields.get('counter_reset_hint');
  const hint = hintText === undefined ? undefined : hints[hintText];
  const schema = number('schema');
  return {
    hint,
    histogram: {
      schema,
      zeroThreshold: number('z_bucket_w'),
      zeroCount: number('z_bucket'),
      count: number('count'),
      sum: number('sum'),
      positive: buckets(list('buckets'), number('offset')),
      negative: buckets(list('n_buckets'), number('n_offset')),
      ...(schema === -53 && { customValues: list('custom_values') }),
      hint: hint ?? 'unknown',
    },
  };
}
