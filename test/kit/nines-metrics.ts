import { createLog, createMetrics, Fault } from '../../src/kernel/index.ts';
import { createHttp, listen } from '../../src/surfaces/http/index.ts';
import type { Telemetry } from '../../src/telemetry/telemetry.ts';
import { freePort } from './port.ts';

/** Nines's HTTP surface over telemetry alone, on a free port of loopback. */
export async function serveMetrics(telemetry: Telemetry): Promise<{ url: string; close(): Promise<void> }> {
  const http = createHttp<never>({
    operations: [],
    call: async () => {
      throw new Fault('not_found', 'There are no operations here.');
    },
    events: { lastSeq: async () => 0, async *follow() {} } as never,
    metrics: createMetrics(),
    ready: [],
    prometheus: telemetry.prometheus({ version: '0.0.0' }),
    auth: { mode: 'local' },
    log: createLog('silent'),
    version: '0.0.0',
  });
  return listen(http, { host: '127.0.0.1', port: await freePort() });
}
