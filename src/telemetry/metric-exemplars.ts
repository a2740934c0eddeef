import { attributesJson } from './otlp/attribute.ts';
import type { Cursor } from './otlp/cursor.ts';
import type { Ranges } from './otlp/envelope.ts';
import type { Exemplar } from './otlp/message.ts';
import { planOf } from './otlp/plan.ts';
import { decodeProtobuf } from './otlp/protobuf.ts';
import type { SampleRows } from './sample-rows.ts';
import type { IndexedSeries } from './series-index.ts';

const plan = planOf('Exemplar');

/** Writes a point's exemplars, each to the series that its value belongs to; one without a trace leads nowhere and is left out. */
export function writeExemplars(
  cursor: Cursor,
  { places, length }: Ranges,
  seriesOf: (value: number) => IndexedSeries | undefined,
  rows: SampleRows,
): void {
  for (let index = 0; index < length; index += 2) {
    const bytes = cursor.bytes.subarray(places[index], places[index + 1]);
    const exemplar = decodeProtobuf(plan, bytes) as unknown as Exemplar;
    const value = exemplar.asDouble ?? Number(exemplar.asInt ?? 0n);
    const series = seriesOf(value);
    if (series === undefined || exemplar.traceId === '') continue;
    const at = Number(exemplar.timeUnixNano / 1_000_000n);
    rows.exemplar(series, at, value, exemplar, attributesJson(exemplar.filteredAttributes));
  }
}
