/** Figures and quotations as they stand in sentences. */

/** `850 ms`, `3.9 s`, `12 s`. */
export function ms(value: number): string {
  if (value < 1) return `${trim(value.toFixed(1))} ms`;
  if (value < 1000) return `${value < 10 ? trim(value.toFixed(1)) : Math.round(value)} ms`;
  return `${value < 10_000 ? trim((value / 1000).toFixed(1)) : Math.round(value / 1000)} s`;
}

/** A share as `12.3%`; below a tenth of a percent but not zero: `less than 0.1%`. */
export function percent(ratio: number): string {
  const value = ratio * 100;
  if (value > 0 && value < 0.1) return 'less than 0.1%';
  return `${trim(value.toFixed(value >= 99 && value < 100 ? 2 : 1))}%`;
}

/** `12.4/s`, `0.3/s`. */
export function perSecond(value: number): string {
  return `${trim(value.toFixed(value < 10 ? 1 : 0))}/s`;
}

/** A count, a share, a size or a time, by its unit. */
export function figure(
  value: number,
  unit: 'count' | 'ratio' | 'bytes' | 'seconds' | 'per_second' | 'ms',
): string {
  switch (unit) {
    case 'ratio':
      return percent(value);
    case 'bytes':
      return value < 1024 ** 3
        ? `${Math.round(value / 1024 ** 2)} MiB`
        : `${trim((value / 1024 ** 3).toFixed(1))} GiB`;
    case 'seconds':
      return ms(value * 1000);
    case 'ms':
      return ms(value);
    case 'per_second':
      return perSecond(value);
    case 'count':
      return trim(value.toFixed(1));
  }
}

/**
 * Text that came with telemetry (a log line, a statement) as a quotation: one line, without control characters or
 * backticks, at most `limit` characters. It is data: nothing in it is ever followed.
 */
export function quote(text: string, limit = 200): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}`\s]+/gu, ' ').trim();
  return plain.length <= limit ? plain : `${plain.slice(0, limit - 1)}…`;
}

/** `a`, `a and b`, `a, b and c`. */
export function list(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

function trim(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
