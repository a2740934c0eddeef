import type { TemplateRow } from './log-templates.ts';
import type { SampleRows } from './sample-rows.ts';
import type { IndexedSeries } from './series-index.ts';
import type { Rows } from './writer.ts';

/** What is stored beside spans and log records, as rows of its tables. */
export function sampleTables(rows: SampleRows): Rows[] {
  return [
    { table: 'nines_samples', packed: rows.packed, count: rows.sampleCount },
    { table: 'nines_histograms', lines: rows.histograms, count: rows.histogramCount },
    { table: 'nines_exemplars', lines: rows.exemplars, count: rows.exemplarCount },
  ];
}

export function templateRows(templates: readonly TemplateRow[]): Rows {
  let lines = '';
  for (const { service, id, into, tokens, seen } of templates)
    lines += `[${JSON.stringify(service)},${id},${into},${JSON.stringify(tokens)},${seen}]\n`;
  return { table: 'nines_log_templates', lines, count: templates.length };
}

export function seriesRows(series: readonly IndexedSeries[]): Rows {
  let lines = '';
  for (const { id, metric, labels, type, unit, help, firstSeen, lastSeen } of series)
    lines += `[${id},${JSON.stringify(metric)},${JSON.stringify(labels)},"${type}",${JSON.stringify(unit)},${JSON.stringify(help)},${firstSeen},${lastSeen}]\n`;
  return { table: 'nines_series', lines, count: series.length };
}
