import type { SeriesMeta, SeriesType } from '../series-index.ts';
import { type HistogramSample, readHistogram } from './native-histogram.ts';
import { MalformedMessage, WireReader } from './wire.ts';

/** A sample; `value` is undefined for a staleness marker. Times in epoch ms. */
export interface IncomingSample {
  at: number;
  value: number | undefined;
}

export interface IncomingExemplar {
  labels: [name: string, value: string][];
  value: number;
  at: number;
}

/** A series as a sender gives it, with its labels unchecked. */
export interface IncomingSeries {
  labels: [name: string, value: string][];
  samples: IncomingSample[];
  histograms: HistogramSample[];
  exemplars: IncomingExemplar[];
  meta?: SeriesMeta;
}

export interface WriteRequest {
  series: IncomingSeries[];
  /** Metadata by metric family, which remote write 1.0 sends by itself. */
  metadata: { family: string; meta: SeriesMeta }[];
}

/** MetricType of both versions, by number. */
const types: readonly SeriesType[] = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'histogram', // a gauge histogram
  'summary',
  'info',
  'gauge', // a state set
];
const typeOf = (number: number): SeriesType => types[number] ?? 'unknown';

function newSeries(): IncomingSeries {
  return { labels: [], samples: [], histograms: [], exemplars: [] };
}

/** prometheus.WriteRequest: https://prometheus.io/docs/specs/prw/remote_write_spec/ Throws MalformedMessage. */
export function readWriteV1(body: Uint8Array): WriteRequest {
  const reader = new WireReader(body);
  const request: WriteRequest = { series: [], metadata: [] };
  const label = (end: number): [string, string] => {
    const pair: [string, string] = ['', ''];
    reader.message(end, (number, _type, until) => {
      if (number !== 1 && number !== 2) return false;
      pair[number - 1] = reader.string(until);
      return true;
    });
    return pair;
  };
  reader.fields(reader.length, number => {
    if (number === 1) {
      const series = newSeries();
      reader.message(reader.length, (field, _type, until) => {
        if (field === 1) series.labels.push(label(until));
        else if (field === 2) series.samples.push(readSample(reader, until));
        else if (field === 3) series.exemplars.push(readExemplar(reader, until, label));
        else if (field === 4) series.histograms.push(readHistogram(reader, until));
        else return false;
        return true;
      });
      request.series.push(series);
    } else if (number === 3) request.metadata.push(readMetadata(reader));
    else return false;
    return true;
  });
  return request;
}

function readMetadata(reader: WireReader): { family: string; meta: SeriesMeta } {
  let family = '';
  const meta: SeriesMeta = { type: 'unknown', unit: '', help: '' };
  reader.message(reader.length, (field, _type, until) => {
    if (field === 1) meta.type = typeOf(reader.uint32(until));
    else if (field === 2) family = reader.string(until);
    else if (field === 4) meta.help = reader.string(until);
    else if (field === 5) meta.unit = reader.string(until);
    else return false;
    return true;
  });
  return { family, meta };
}

/** io.prometheus.write.v2.Request: https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/ Throws MalformedMessage. */
export function readWriteV2(body: Uint8Array): WriteRequest {
  const reader = new WireReader(body);
  const symbols: string[] = [];
  const request: WriteRequest = { series: [], metadata: [] };
  /** References come before the symbols are known to be complete: they are looked up at the end. */
  const later: (() => void)[] = [];
  const symbol = (reference: number): string => {
    const text = symbols[reference];
    if (text === undefined) throw new MalformedMessage(`symbol ${reference} is not there`);
    return text;
  };
  const pairs = (references: readonly number[]): [string, string][] => {
    if (references.length % 2 === 1) throw new MalformedMessage('labels are not pairs of symbols');
    const out: [string, string][] = [];
    for (let i = 0; i < references.length; i += 2)
      out.push([symbol(references[i]!), symbol(references[i + 1]!)]);
    return out;
  };
  reader.fields(reader.length, number => {
    if (number === 4) {
      symbols.push(reader.string(reader.length));
      return true;
    }
    if (number !== 5) return false;
    const series = newSeries();
    const references: number[] = [];
    reader.message(reader.length, (field, type, until) => {
      if (field === 1) reader.repeated(type, until, end => references.push(reader.uint32(end)));
      else if (field === 2) series.samples.push(readSample(reader, until));
      else if (field === 3) series.histograms.push(readHistogram(reader, until));
      else if (field === 4) {
        const own: number[] = [];
        const exemplar = readExemplar(reader, until, undefined, own);
        later.push(() => exemplar.labels.push(...pairs(own)));
        series.exemplars.push(exemplar);
      } else if (field === 5) {
        const meta = { type: 0, help: 0, unit: 0 };
        reader.message(until, (part, _type, end) => {
          if (part === 1) meta.type = reader.uint32(end);
          else if (part === 3) meta.help = reader.uint32(end);
          else if (part === 4) meta.unit = reader.uint32(end);
          else return false;
          return true;
        });
        later.push(() => {
          series.meta = { type: typeOf(meta.type), help: symbol(meta.help), unit: symbol(meta.unit) };
        });
      } else return false;
      return true;
    });
    later.push(() => series.labels.push(...pairs(references)));
    request.series.push(series);
    return true;
  });
  if (symbols.length > 0 && symbols[0] !== '') throw new MalformedMessage('symbol 0 is not empty');
  for (const look of later) look();
  return request;
}

function readSample(reader: WireReader, end: number): IncomingSample {
  const sample: IncomingSample = { at: 0, value: 0 };
  reader.message(end, (field, _type, until) => {
    if (field === 1) sample.value = reader.double(until);
    else if (field === 2) sample.at = reader.int64(until);
    else return false;
    return true;
  });
  return sample;
}

function readExemplar(
  reader: WireReader,
  end: number,
  label: ((end: number) => [string, string]) | undefined,
  references: number[] = [],
): IncomingExemplar {
  const exemplar: IncomingExemplar = { labels: [], value: 0, at: 0 };
  reader.message(end, (field, type, until) => {
    if (field === 1 && label !== undefined) exemplar.labels.push(label(until));
    else if (field === 1) reader.repeated(type, until, inner => references.push(reader.uint32(inner)));
    else if (field === 2) exemplar.value = reader.double(until) ?? Number.NaN;
    else if (field === 3) exemplar.at = reader.int64(until);
    else return false;
    return true;
  });
  return exemplar;
}
