import { once } from 'node:events';
import { createWriteStream, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { columns } from '../../src/telemetry/schema.ts';
import { SeriesIndex } from '../../src/telemetry/series-index.ts';
import type { Store } from '../../src/telemetry/store.ts';
import type { Dataset } from './dataset.ts';

/** Samples of one statement. */
const samplesAStatement = 4_000_000;

/**
 * Puts the samples into the store's tables, as ingest would have them, and writes them as OpenMetrics text to a file,
 * for promtool. The engine reads them from a file of fixed-width rows: parsing text would take most of the time.
 */
export async function load(
  { startMs, everyMs, steps, series }: Dataset,
  store: Store,
  folder: string,
  progress: (part: number) => void,
): Promise<string> {
  const textFile = join(folder, 'samples.om');
  const rowFile = join(folder, 'samples.bin');
  const text = createWriteStream(textFile, { highWaterMark: 16 * 1024 ** 2 });
  const index = new SeriesIndex({ maxSeries: series.length, maxSeriesPerMetric: series.length });
  const times = Array.from({ length: steps }, (_, step) => ` ${(startMs + step * everyMs) / 1000}\n`);
  const rows = new Float64Array(Math.ceil(samplesAStatement / steps) * steps * 3);
  let used = 0;
  const flush = async () => {
    writeFileSync(rowFile, new Uint8Array(rows.buffer, 0, used * 8));
    used = 0;
    await store.exec(
      `INSERT INTO nines_samples
       SELECT toUInt64(id), fromUnixTimestamp64Milli(toInt64(at)), value, 0
       FROM file('${rowFile}', 'RowBinary', 'id Float64, at Float64, value Float64')`,
    );
  };
  let family: string | undefined;
  for (const [position, { labels, value }] of series.entries()) {
    const { __name__: name, ...rest } = labels;
    if (family !== name) text.write(`# TYPE ${name} unknown\n`);
    family = name;
    const id = index.intern(labels, { type: 'unknown', unit: '', help: '' }, startMs)!.id;
    const head = `${name}{${Object.entries(rest)
      .map(([key, value]) => `${key}="${value}"`)
      .join(',')}} `;
    let page = '';
    for (let step = 0; step < steps; step++) {
      const sample = value(step);
      page += head + sample + times[step];
      rows[used++] = id;
      rows[used++] = startMs + step * everyMs;
      rows[used++] = sample;
    }
    if (!text.write(page)) await once(text, 'drain');
    if (used === rows.length) {
      await flush();
      progress(position / series.length);
    }
  }
  if (used > 0) await flush();
  text.end('# EOF\n');
  await once(text, 'finish');
  rmSync(rowFile);
  const lastMs = startMs + (steps - 1) * everyMs;
  const lines = index
    .takeUnwritten()
    .map(({ id, metric, labels }) =>
      JSON.stringify([id, metric, labels, 'unknown', '', '', startMs, lastMs]),
    );
  await store.insert('nines_series', columns.nines_series, Buffer.from(lines.join('\n')));
  await store.exec('OPTIMIZE TABLE nines_samples FINAL');
  return textFile;
}
