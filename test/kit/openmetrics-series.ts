import {
  type Labels,
  labelsKey,
  type Matcher,
  matchersTest,
  type Series,
  type SeriesSource,
} from '../../src/telemetry/promql/index.ts';

/** Series read from lines `name{labels} value timestamp` with timestamps in seconds, as `promtool tsdb dump-openmetrics` writes them. */
export function openMetricsSource(text: string): SeriesSource {
  const found = new Map<string, { labels: Labels; rows: [number, number][] }>();
  for (const line of text.split('\n')) {
    const parts = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+) (\S+)$/.exec(line);
    if (!parts) continue;
    const [, name, inside, value, at] = parts;
    const labels: Record<string, string> = { __name__: name! };
    for (const [, key, quoted] of (inside ?? '').matchAll(/([A-Za-z_]\w*)="((?:\\.|[^"\\])*)"/g)) {
      labels[key!] = quoted!.replaceAll(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
    }
    const key = labelsKey(labels);
    let series = found.get(key);
    if (!series) {
      series = { labels, rows: [] };
      found.set(key, series);
    }
    const number =
      value === '+Inf'
        ? Number.POSITIVE_INFINITY
        : value === '-Inf'
          ? Number.NEGATIVE_INFINITY
          : Number(value);
    series.rows.push([Math.round(Number(at) * 1000), number]);
  }
  const all: Series[] = [...found.values()].map(({ labels, rows }) => {
    rows.sort((a, b) => a[0] - b[0]);
    return {
      labels,
      timestamps: Float64Array.from(rows, row => row[0]),
      values: Float64Array.from(rows, row => row[1]),
    };
  });
  return {
    async select(matchers: readonly Matcher[]) {
      const test = matchersTest(matchers);
      return all.filter(series => test(series.labels));
    },
  };
}
