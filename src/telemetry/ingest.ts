import { asFault, Fault, type Kernel } from '../kernel/index.ts';
import type { Block } from './block/block.ts';
import { sampleTables, seriesRows, templateRows } from './ingest-rows.ts';
import { logArrivals } from './log-arrival.ts';
import { LogBlock } from './log-block.ts';
import type { LogCounters } from './log-counters.ts';
import { appendLogs } from './log-rows.ts';
import type { LogTails } from './log-tail.ts';
import type { LogTemplates } from './log-templates.ts';
import { MetricTranslator } from './metric-translator.ts';
import {
  decodeExport,
  type Encoding,
  encodingOf,
  exportBytes,
  malformed,
  type Signal,
  traceBytes,
} from './otlp/decode.ts';
import type { ExportTrace } from './otlp/message.ts';
import { MalformedProtobuf } from './otlp/protobuf.ts';
import { contentTypes, errorResponse, exportResponse } from './otlp/response.ts';
import type { WriteRequest } from './remote-write/message.ts';
import {
  readWrite,
  type WriteAnswer,
  type WriteVersion,
  writeAnswer,
  writeFault,
  writeVersion,
} from './remote-write/remote-write.ts';
import { type Appended, SampleAppender } from './sample-appender.ts';
import type { SampleHead } from './sample-head.ts';
import type { Rejections, SampleRows } from './sample-rows.ts';
import type { Retention, Table } from './schema.ts';
import type { SeriesIndex } from './series-index.ts';
import { SpanBlock } from './span-block.ts';
import { appendSpans, type SpanObserver, type TakenRows } from './span-rows.ts';
import type { Store } from './store.ts';
import type { TimeBounds } from './time-bounds.ts';
import { unpacked } from './unpack.ts';
import { Budget, Writer, type WriterOptions } from './writer.ts';

export interface IngestLimits {
  /** A request's body, unpacked. Default 16 MiB. */
  maxBodyBytes: number;
  /** All that waits to be stored, of all signals. Default 64 MiB. */
  maxQueuedBytes: number;
  /** Rows wait this long for company. Default 200 ms. */
  maxWaitMs: number;
  /** So many rows are stored without waiting longer. Default 50,000. */
  maxBatchRows: number;
  /** How far in the future a sender's clock may be. Default 10 min. */
  maxAheadMs: number;
}

export const defaultIngestLimits: IngestLimits = {
  maxBodyBytes: 16 * 1024 * 1024,
  maxQueuedBytes: 64 * 1024 * 1024,
  maxWaitMs: 200,
  maxBatchRows: 50_000,
  maxAheadMs: 600_000,
};

/** What a sender gets back, once its data is stored. */
export interface IngestResult {
  status: number;
  contentType: string;
  body: Uint8Array;
  accepted: number;
  rejected: number;
  retryAfterSeconds?: number;
}

export interface Sent {
  contentType: string;
  contentEncoding?: string;
}

interface Added {
  stored: Promise<void>;
  rejected: Rejections;
  accepted: number;
}

/**
 * Takes OTLP requests in. A request is answered once its rows are stored; they are stored together with those of other
 * requests. What waits is bounded: past the bound the answer is `overloaded`, and the sender tries again.
 */
export class Ingest {
  readonly #kernel: Kernel;
  readonly #limits: IngestLimits;
  readonly #retention: Retention;
  readonly #budget: Budget;
  readonly #writers: Readonly<Record<Signal, Writer>>;
  readonly #translator: MetricTranslator;
  readonly #appender: SampleAppender;
  readonly #observe: SpanObserver;
  readonly #tails: LogTails | undefined;
  readonly #templates: LogTemplates | undefined;
  readonly #logCounters: LogCounters | undefined;
  #spans = new SpanBlock();
  #logs = new LogBlock();
  readonly #admit: (signal: Signal) => void;
  readonly #count: {
    accepted(signal: Signal, count: number): void;
    rejected(signal: Signal, reason: string, count: number): void;
    levels(): void;
  };

  constructor(
    kernel: Kernel,
    options: {
      store: Store;
      index: SeriesIndex;
      retention: Retention;
      limits: IngestLimits;
      observe: SpanObserver;
      /** Counts log records as they arrive. */
      logCounters?: LogCounters;
      head?: SampleHead | undefined;
      /** Those who follow the log records that arrive. */
      tails?: LogTails;
      /** Finds the templates of log records as they arrive. */
      templates?: LogTemplates;
      /** Throws when nothing of a signal may be taken now. */
      admit?: (signal: Signal) => void;
    },
  ) {
    const { store, index, retention, limits, observe, head } = options;
    this.#kernel = kernel;
    this.#limits = limits;
    this.#retention = retention;
    this.#observe = observe;
    this.#tails = options.tails;
    this.#templates = options.templates;
    this.#logCounters = options.logCounters;
    this.#admit = options.admit ?? (() => {});
    this.#budget = new Budget(limits.maxQueuedBytes);
    this.#translator = new MetricTranslator(index);
    this.#appender = new SampleAppender(index);
    const { metrics, log } = kernel;
    const accepted = metrics.counter(
      'nines_ingest_accepted_total',
      'Spans, log records and metric data points that were stored.',
      ['signal'],
    );
    const rejected = metrics.counter(
      'nines_ingest_rejected_total',
      'Spans, log records and data points that were not taken, by reason; requests for the reasons of requests.',
      ['signal', 'reason'],
    );
    const rows = metrics.counter('nines_store_rows_total', 'Rows stored, by table.', ['table']);
    const seconds = metrics.histogram('nines_store_insert_seconds', 'How long an insert took.', ['table']);
    const known = metrics.gauge('nines_series', 'Series that the store knows.');
    const held = metrics.gauge('nines_head_bytes', 'Memory that the samples of the in-memory head take.');
    const queued = metrics.gauge('nines_ingest_queued_bytes', 'Bytes that wait to be stored.');
    this.#count = {
      accepted: (signal, count) => accepted.inc({ signal }, count),
      rejected: (signal, reason, count) => rejected.inc({ signal, reason }, count),
      levels: () => {
        known.set(index.size);
        queued.set(this.#budget.used);
        held.set(head?.bytes ?? 0);
      },
    };
    const writer = (before?: WriterOptions['before']) =>
      new Writer({
        store,
        log,
        budget: this.#budget,
        maxWaitMs: limits.maxWaitMs,
        maxRows: limits.maxBatchRows,
        onStored: (table, stored, ms) => {
          rows.inc(
            { table },
            stored.reduce((sum, { count }) => sum + count, 0),
          );
          seconds.observe({ table }, ms / 1000);
          if (table !== 'nines_samples' || head === undefined) return;
          for (const rows of stored)
            if ('packed' in rows) head.append(rows.packed);
            else head.clear();
        },
        onFailed: table => {
          if (table === 'nines_samples') head?.clear();
        },
        ...(before === undefined ? {} : { before }),
      });
    this.#writers = {
      traces: writer(),
      logs: writer(() => {
        const templates = this.#templates?.takeUnwritten() ?? [];
        if (templates.length === 0) return undefined;
        return {
          rows: templateRows(templates),
          failed: () => this.#templates?.putBack(templates),
          optional: true,
        };
      }),
      metrics: writer(() => {
        const series = index.takeUnwritten();
        if (series.length === 0) return undefined;
        return { rows: seriesRows(series), failed: () => index.putBack(series) };
      }),
    };
  }

  /** Stores an OTLP request. Throws `invalid`, `too_large`, `overloaded` or `unavailable`. */
  async take(signal: Signal, packed: Uint8Array, sent: Sent): Promise<IngestResult> {
    try {
      this.#admit(signal);
      const encoding = encodingOf(sent.contentType);
      const giveBack = this.#budget.take(packed.byteLength);
      let body: Uint8Array;
      try {
        body = await unpacked(packed, this.#limits.maxBodyBytes);
      } finally {
        giveBack();
      }
      const { stored, rejected, accepted } = this.#add(signal, body, encoding);
      this.#count.levels();
      await stored;
      this.#count.levels();
      if (signal === 'logs') this.#tell(body, encoding);
      this.#count.accepted(signal, accepted);
      for (const [reason, count] of rejected.counts) this.#count.rejected(signal, reason, count);
      if (rejected.total > 0)
        this.#kernel.log.warn(
          { signal, rejected: rejected.total },
          `telemetry was not taken: ${rejected.message}`,
        );
      const partial =
        rejected.total === 0 ? undefined : { rejected: rejected.total, message: rejected.message };
      return {
        status: 200,
        contentType: contentTypes[encoding],
        body: exportResponse(signal, encoding, partial),
        accepted,
        rejected: rejected.total,
      };
    } catch (error) {
      this.#count.rejected(signal, error instanceof Fault ? error.code : 'internal', 1);
      throw error;
    }
  }

  /** Stores spans that Nines made itself. */
  async addSpans(request: ExportTrace): Promise<void> {
    const { stored, accepted } = this.#addSpans(traceBytes(request), this.#kernel.clock.now());
    await stored;
    this.#count.accepted('traces', accepted);
  }

  /** Stores samples that Nines makes itself. */
  async addSamples(rows: SampleRows): Promise<void> {
    await this.#writers.metrics.add(sampleTables(rows));
  }

  /** Stores a request of Prometheus's remote write and answers it; whatever goes wrong is an answer too. */
  async takeWrite(packed: Uint8Array, contentType: string | undefined): Promise<WriteAnswer> {
    let version: WriteVersion | undefined;
    try {
      version = writeVersion(contentType);
      if (version === undefined) return { ...writeFault(notRemoteWrite(contentType), version), status: 415 };
      const giveBack = this.#budget.take(packed.byteLength);
      try {
        const request = readWrite(packed, version, this.#limits.maxBodyBytes);
        const appended = await this.appendSamples(request);
        const { rejected } = appended;
        return writeAnswer(version, appended, rejected.total === 0 ? undefined : rejected.message);
      } finally {
        giveBack();
      }
    } catch (error) {
      const fault = asFault(error);
      this.#count.rejected('metrics', fault.code, 1);
      if (fault.code === 'internal') this.#kernel.log.error({ error }, 'remote write failed unexpectedly');
      return writeFault(fault, version);
    }
  }

  /** Stores Prometheus's samples. Throws `overloaded` or `unavailable`; what is wrong with samples is in the answer. */
  async appendSamples(request: WriteRequest): Promise<Appended> {
    this.#admit('metrics');
    const appended = this.#appender.append(request, this.#bounds(this.#kernel.clock.now(), 'metrics'));
    await this.#writers.metrics.add(sampleTables(appended.rows));
    appended.stored();
    this.#count.accepted('metrics', appended.samples + appended.histograms);
    for (const [reason, count] of appended.rejected.counts) this.#count.rejected('metrics', reason, count);
    this.#count.levels();
    return appended;
  }

  /** Resolves when all that was taken is stored or refused. */
  async drain(): Promise<void> {
    await Promise.all(Object.values(this.#writers).map(writer => writer.drain()));
  }

  /** Appends a request's rows to those that wait; all of them or, when it throws, none. */
  #add(signal: Signal, body: Uint8Array, encoding: Encoding): Added {
    const now = this.#kernel.clock.now();
    const bytes = exportBytes(signal, body, encoding);
    try {
      switch (signal) {
        case 'traces':
          return this.#addSpans(bytes, now);
        case 'logs': {
          if (this.#logs.sealed) this.#logs = new LogBlock();
          const block = this.#logs;
          const arriving = this.#logCounters?.arriving();
          const added = this.#addRows('logs', 'otel_logs', block, () =>
            appendLogs(bytes, block, this.#bounds(now, 'logs'), now, {
              templates: this.#templates,
              observe: arriving?.of,
            }),
          );
          return { ...added, stored: added.stored.then(arriving?.stored) };
        }
        case 'metrics': {
          const { rows, rejected, accepted } = this.#translator.translate(
            bytes,
            this.#bounds(now, 'metrics'),
          );
          return { stored: this.#writers.metrics.add(sampleTables(rows)), rejected, accepted };
        }
      }
    } catch (error) {
      throw error instanceof MalformedProtobuf ? malformed(signal, encoding, error) : error;
    }
  }

  #addSpans(bytes: Uint8Array, now: number): Added {
    if (this.#spans.sealed) this.#spans = new SpanBlock();
    const block = this.#spans;
    return this.#addRows('traces', 'otel_traces', block, () =>
      appendSpans(bytes, block, this.#bounds(now, 'traces'), this.#observe),
    );
  }

  #addRows(signal: 'traces' | 'logs', table: Table, block: Block, append: () => TakenRows): Added {
    const from = block.place();
    try {
      const { count, rejected } = append();
      const stored = this.#writers[signal].add([{ table, block, from, to: block.place(), count }]);
      return { stored, rejected, accepted: count };
    } catch (error) {
      block.back(from);
      throw error;
    }
  }

  /**
   * Those who follow and the LogMetrics are told of what is stored. Decoding once more costs only while somebody
   * follows or something is declared.
   */
  #tell(body: Uint8Array, encoding: Encoding): void {
    const [tails, counters] = [this.#tails, this.#logCounters];
    if (!tails?.followed && !counters?.declared) return;
    const now = this.#kernel.clock.now();
    const request = decodeExport('logs', body, encoding);
    const arrivals = [...logArrivals(request, this.#bounds(now, 'logs'), now)];
    if (tails?.followed) tails.publish(arrivals, now);
    counters?.count(arrivals);
  }

  #bounds(now: number, signal: keyof Retention): TimeBounds {
    const kept = this.#retention[signal];
    return { fromMs: kept === undefined ? 1 : now - kept, toMs: now + this.#limits.maxAheadMs };
  }
}

function notRemoteWrite(contentType: string | undefined): Fault {
  return new Fault(
    'invalid',
    `The content type '${(contentType ?? '').slice(0, 100)}' is not of remote write.`,
    {
      hint: 'Send application/x-protobuf, of prometheus.WriteRequest or io.prometheus.write.v2.Request.',
    },
  );
}

/** A fault as the answer to an OTLP sender. */
export function ingestFault(fault: Fault, contentType: string): IngestResult {
  const encoding = contentType.startsWith('application/json') ? 'json' : 'protobuf';
  const { retryAfterSeconds } = fault.detail;
  return {
    status: fault.httpStatus,
    contentType: contentTypes[encoding],
    body: errorResponse(fault, encoding),
    accepted: 0,
    rejected: 0,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}
