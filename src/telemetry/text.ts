import { humanDuration } from '../kernel/index.ts';

/** A table for 80 columns: the first column takes what is left, and is cut where it is too long. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], width = 80): string {
  const rest = head
    .slice(1)
    .map((name, index) => Math.max(name.length, ...rows.map(row => row[index + 1]?.length ?? 0)));
  const left = width - rest.reduce((sum, size) => sum + size + 2, 0);
  const first = Math.max(8, Math.min(left, Math.max(head[0]!.length, ...rows.map(row => row[0]!.length))));
  const line = (cells: readonly string[]) =>
    [
      cut(cells[0] ?? '', first).padEnd(first),
      ...rest.map((size, index) => (cells[index + 1] ?? '').padStart(size)),
    ]
      .join('  ')
      .trimEnd();
  return [line(head), ...rows.map(line)].join('\n');
}

export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, Math.max(0, most - 1))}…`;
}

/** Milliseconds with three digits that matter: `0.42 ms`, `12.5 ms`, `1.2 s`. */
export function ms(value: number): string {
  if (value >= 1000) return humanDuration(value);
  return `${value >= 100 ? Math.round(value) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ms`;
}

/** A share of errors: `0 %`, `2.5 %`. */
export function share(errors: number, count: number): string {
  if (count === 0) return '–';
  const percent = (errors / count) * 100;
  return `${percent === 0 || percent >= 10 ? Math.round(percent) : Number(percent.toPrecision(2))} %`;
}

export function perSecond(rate: number): string {
  return `${rate >= 100 ? Math.round(rate) : Number(rate.toPrecision(2))}/s`;
}
