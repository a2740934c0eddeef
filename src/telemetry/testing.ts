import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { type Clock, createLog, createMetrics, type Kernel, systemClock } from '../kernel/index.ts';
import type { Signal } from './otlp/decode.ts';
import { otlpSchema } from './otlp/schema.ts';
import type { Store } from './store.ts';
import { openChdb } from './store-chdb.ts';
import { Telemetry } from './telemetry.ts';
import type { TelemetryOptions } from './telemetry-options.ts';

const root = protobuf.parse(otlpSchema, { keepCase: false }).root;
const messages = { traces: 'ExportTrace', logs: 'ExportLogs', metrics: 'ExportMetrics' } as const;

/** An OTLP request in protobuf from its JSON form; ids are hex there and bytes here. */
export function protobufOf(signal: Signal, request: object): Uint8Array {
  const type = root.lookupType(messages[signal]);
  return type.encode(type.fromObject(withBytes(request) as Record<string, unknown>)).finish();
}

function withBytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withBytes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      /^(traceId|spanId|parentSpanId)$/.test(key) && typeof part === 'string'
        ? Buffer.from(part, 'hex')
        : withBytes(part),
    ]),
  );
}

/** Attributes in OTLP's JSON form. */
export function attributes(values: Readonly<Record<string, string | number | boolean>>) {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value:
      typeof value === 'boolean'
        ? { boolValue: value }
        : typeof value === 'string'
          ? { stringValue: value }
          : Number.isInteger(value)
            ? { intValue: value }
            : { doubleValue: value },
  }));
}

/** chDB on a folder of its own. libchdb has one folder a process: open one store a test file, and close it. */
export async function testStore(): Promise<Store & { folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'nines-telemetry-'));
  const store = await openChdb(folder);
  return {
    ...store,
    folder,
    close: async () => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What telemetry takes of a kernel: a clock, a log and metrics; no database. */
export function telemetryKernel(now?: () => number): Kernel {
  const clock: Clock = now === undefined ? systemClock : { ...systemClock, now };
  return { clock, log: createLog('silent'), metrics: createMetrics() } as Kernel;
}

/** Telemetry over an empty store, ready to take in. Everything is kept for ever. */
export async function testTelemetry(
  store: Store,
  options: Partial<TelemetryOptions> & { now?: () => number } = {},
): Promise<Telemetry> {
  const { now, ...rest } = options;
  const telemetry = new Telemetry(telemetryKernel(now), {
    store,
    ...rest,
    limits: { maxWaitMs: 1, ...rest.limits },
  });
  await telemetry.open();
  return telemetry;
}

/** Empties all tables: tests of one file share an engine. */
export async function emptied(store: Store): Promise<void> {
  for (const table of [
    'otel_traces',
    'otel_traces_trace_id_ts',
    'otel_logs',
    'nines_log_templates',
    'nines_series',
    'nines_samples',
    'nines_histograms',
    'nines_exemplars',
  ])
    await store.exec(`TRUNCATE TABLE IF EXISTS ${table}`);
}
