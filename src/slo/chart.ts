const SPARKS = '▁▂▃▄▅▆▇█';
const EIGHTHS = ' ▏▎▍▌▋▊▉█';

/** A bar of `width` letters, filled to `share`. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(Math.max(share, 0), 1) * width * 8);
  const full = Math.floor(eighths / 8);
  return ('█'.repeat(full) + (eighths % 8 > 0 ? EIGHTHS[eighths % 8] : '')).padEnd(width, '░');
}

/** Points under a line, `height` rows of `values.length` letters, with the values at top and bottom on the left. */
export function areaChart(
  values: readonly number[],
  options: { height: number; label: (value: number) => string },
): string[] {
  const max = Math.max(...values);
  const min = Math.min(...values);
  const low = max === min ? min - 0.01 : min;
  const rows: string[] = [];
  const width = Math.max(options.label(max).length, options.label(low).length);
  for (let row = options.height - 1; row >= 0; row--) {
    const letters = values.map(value => {
      const eighths = ((value - low) / (max - low || 1)) * options.height * 8 - row * 8;
      return eighths <= 0 ? (row === 0 ? '▁' : ' ') : (SPARKS[Math.min(Math.ceil(eighths), 8) - 1] ?? '█');
    });
    const label = row === options.height - 1 ? options.label(max) : row === 0 ? options.label(low) : '';
    rows.push(`${label.padStart(width)} ┤${letters.join('')}`);
  }
  return rows;
}
