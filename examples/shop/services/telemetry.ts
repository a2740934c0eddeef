/**
 * OpenTelemetry for a shop service: traces, metrics and logs over OTLP/HTTP (protobuf).
 *
 * Importing this file starts the SDK, so it has to be the first import of a program. Everything the SDK
 * holds is bounded (queues, batches, timeouts): a service keeps answering when its collector is away.
 */
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { type AnyValueMap, logs, SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { BatchLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeSDK, resources } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { integerFromEnv } from './environment.ts';
import { observeRuntime } from './runtime-metrics.ts';

const endpoint = (process.env.OTEL_EXPORTER_OTLP_ENDPOINT || 'http://127.0.0.1:4800').replace(/\/+$/, '');

/** A release is started as `releases/<service>/<version>.ts`; the environment may name it otherwise. */
const program = process.argv[1] ?? 'service.ts';
export const serviceName = process.env.OTEL_SERVICE_NAME || basename(dirname(program));
export const serviceVersion = process.env.SERVICE_VERSION || basename(program, '.ts');

let lastComplaint = 0;
/** The SDK's own trouble, said at most every 30 s: a collector that is away must not flood our output. */
function complain(message: string, ...rest: unknown[]): void {
  const now = Date.now();
  if (now - lastComplaint < 30_000) return;
  lastComplaint = now;
  console.error(`telemetry: ${[message, ...rest].map(String).join(' ').slice(0, 500)}`);
}
const quiet = (): void => {};
diag.setLogger(
  { error: complain, warn: complain, info: quiet, debug: quiet, verbose: quiet },
  { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
);

const batch = {
  scheduledDelayMillis: integerFromEnv('OTEL_BSP_SCHEDULE_DELAY', 1_000),
  exportTimeoutMillis: 5_000,
  maxQueueSize: 4_096,
  maxExportBatchSize: 512,
};
const exporter = (signal: 'traces' | 'metrics' | 'logs') => ({
  url: `${endpoint}/v1/${signal}`,
  timeoutMillis: 5_000,
  concurrencyLimit: 4,
});

const sdk = new NodeSDK({
  resource: resources.resourceFromAttributes({
    'service.name': serviceName,
    'service.version': serviceVersion,
    'service.instance.id': process.env.SERVICE_INSTANCE_ID || crypto.randomUUID(),
  }),
  resourceDetectors: [resources.envDetector, resources.hostDetector, resources.processDetector],
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter(exporter('traces')), batch)],
  metricReaders: [
    new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter(exporter('metrics')),
      exportIntervalMillis: integerFromEnv('OTEL_METRIC_EXPORT_INTERVAL', 2_000),
      exportTimeoutMillis: integerFromEnv('OTEL_METRIC_EXPORT_TIMEOUT', 2_000),
    }),
  ],
  logRecordProcessors: [
    new BatchLogRecordProcessor({
      exporter: new OTLPLogExporter(exporter('logs')),
      ...batch,
      scheduledDelayMillis: integerFromEnv('OTEL_BLRP_SCHEDULE_DELAY', 1_000),
    }),
  ],
  instrumentations: [
    new HttpInstrumentation({
      ignoreIncomingRequestHook: request => request.url === '/healthz',
      // Calls go out by fetch (undici); what is left of node:http is the exporters themselves.
      disableOutgoingRequestInstrumentation: true,
    }),
    new UndiciInstrumentation(),
    new PgInstrumentation({ requireParentSpan: true }),
  ],
});
sdk.start();
observeRuntime();

/**
 * Loads a CommonJS module or a builtin in such a way that the instrumentations see it: they hook `require`,
 * and an ESM `import` of the same module would pass them by.
 */
export const instrumented = createRequire(import.meta.url);

const logger = logs.getLogger('shop');
const severity = { info: SeverityNumber.INFO, warn: SeverityNumber.WARN, error: SeverityNumber.ERROR };

/** One structured log record, with the active trace context; a line on stdout as well. */
export function log(level: 'info' | 'warn' | 'error', message: string, attributes: AnyValueMap = {}): void {
  logger.emit({
    severityNumber: severity[level],
    severityText: level.toUpperCase(),
    body: message,
    attributes,
  });
  process.stdout.write(
    `${JSON.stringify({ time: new Date().toISOString(), level, service: serviceName, message, ...attributes })}\n`,
  );
}

/** The attributes of a logged error, by the semantic conventions for exceptions. */
export function exception(error: unknown): AnyValueMap {
  if (!(error instanceof Error)) return { 'exception.message': String(error) };
  return { 'exception.type': error.name, 'exception.message': error.message };
}

/** Sends what is still queued, for at most `limitMs`; never throws. */
export async function flushTelemetry(limitMs: number): Promise<void> {
  const { promise: limit, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limitMs);
  await Promise.race([sdk.shutdown().catch(error => complain('flush failed', error)), limit]);
  clearTimeout(timer);
}
