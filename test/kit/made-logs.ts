import { attributes } from '../../src/telemetry/testing.ts';

/** Log records of a service, as OTLP has them. */
export function logsOf(service: string, logRecords: readonly object[]) {
  return {
    resourceLogs: [
      { resource: { attributes: attributes({ 'service.name': service }) }, scopeLogs: [{ logRecords }] },
    ],
  };
}

/** Lines `line 0`, `line 1`, … of now, in OTLP's JSON. */
export function logLines(service: string, count: number, from = 0): string {
  const timeUnixNano = `${Date.now()}000000`;
  const line = (n: number) => ({ timeUnixNano, severityText: 'INFO', body: { stringValue: `line ${n}` } });
  return JSON.stringify(
    logsOf(
      service,
      Array.from({ length: count }, (_, n) => line(from + n)),
    ),
  );
}
