import type { SeriesMeta, SeriesType } from '../series-index.ts';
import { limited } from './answer.ts';

export interface MetricEntry extends SeriesMeta {
  metric: string;
  series: number;
}

/** Suffixes of the series that belong to one family. */
const parts: Partial<Record<SeriesType, RegExp>> = {
  histogram: /_(bucket|sum|count)$/,
  summary: /_(sum|count)$/,
};

/** The family that a series belongs to: `x_bucket` of a histogram is of `x`. */
export function familyOf(metric: string, type: SeriesType): string {
  const suffix = parts[type];
  return suffix === undefined ? metric : metric.replace(suffix, '');
}

/** `data` of /api/v1/metadata. */
export function metadataData(
  entries: readonly MetricEntry[],
  { metric = '', limit = 0 }: { metric?: string; limit?: number },
): Record<string, { type: string; help: string; unit: string }[]> {
  const families = new Map<string, { type: string; help: string; unit: string }>();
  for (const { metric: name, type, help, unit } of entries) {
    const family = familyOf(name, type);
    if (metric !== '' && family !== metric) continue;
    if (!families.has(family))
      families.set(family, { type: type === 'nativehistogram' ? 'histogram' : type, help, unit });
  }
  const sorted = [...families].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(limited(sorted, limit).map(([name, meta]) => [name, [meta]]));
}
