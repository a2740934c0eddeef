import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

test('what was acknowledged outlives kill -9', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nines-killed-'));
  const place = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
  const script = `
    import { openChdb } from ${place('./store-chdb.ts')};
    import { testTelemetry, protobufOf, attributes } from ${place('./testing.ts')};
    const store = await openChdb(${JSON.stringify(folder)});
    const telemetry = await testTelemetry(store);
    for (let n = 1; ; n++) {
      const logRecords = Array.from({ length: 50 }, () => ({ timeUnixNano: String(BigInt(Date.now()) * 1000000n), body: { stringValue: 'request ' + n } }));
      await telemetry.ingestLogs(protobufOf('logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] }), 'application/x-protobuf');
      process.stdout.write(n + '\\n');
    }
  `;
  const reading = `
    import { openChdb } from ${place('./store-chdb.ts')};
    const store = await openChdb(${JSON.stringify(folder)});
    console.log(JSON.stringify((await store.query('SELECT count() AS n, uniqExact(Body) AS requests FROM otel_logs'))[0]));
    await store.close();
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let acknowledged = 0;
  await new Promise<void>(resolve => {
    child.stdout.on('data', chunk => {
      acknowledged = Math.max(acknowledged, ...String(chunk).trim().split('\n').map(Number));
      if (acknowledged >= 10) child.kill('SIGKILL');
    });
    child.on('exit', () => resolve());
  });
  const reader = spawn(process.execPath, ['--input-type=module', '-e', reading], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const chunk of reader.stdout) text += chunk;
  const { n, requests } = JSON.parse(text) as { n: number; requests: number };
  assert.ok(requests >= acknowledged, `${requests} of ${acknowledged} acknowledged requests`);
  assert.equal(n, requests * 50, 'a request is stored as a whole');
  rmSync(folder, { recursive: true, force: true });
});
