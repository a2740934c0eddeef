/**
 * The shop's PostgreSQL as a process: `node examples/shop/database.ts [--data DIR] [--port PORT] [--stop-with-parent]`
 * (or DATABASE_DATA and PORT; by default `.data/postgres` beside this file, and 4814). HEALTH_PORT, when set, answers
 * /healthz once it is ready. It seeds the tables once, prints `database ready`, and stops the server on SIGTERM.
 */
import http from 'node:http';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type RunningPostgres, startPostgres } from './database/postgres.ts';
import { seed } from './database/seed.ts';
import { integerFromEnv } from './services/environment.ts';
import { stopWithParent } from './services/parent.ts';

function settings(): { data: string; port: number; withParent: boolean } {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      port: { type: 'string' },
      'stop-with-parent': { type: 'boolean', default: false },
    },
  });
  const port = values.port === undefined ? integerFromEnv('PORT', 4814) : Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`--port ${values.port}: a number from 1 to 65535 is expected`);
  }
  const fallback = path.join(import.meta.dirname, '.data', 'postgres');
  return {
    data: path.resolve(values.data ?? (process.env.DATABASE_DATA || fallback)),
    port,
    withParent: values['stop-with-parent'],
  };
}

let server: RunningPostgres | undefined;
let stopping = false;

async function stop(exitCode = 0): Promise<void> {
  if (stopping) return;
  stopping = true;
  await server?.stop();
  process.exit(exitCode);
}

/** Up means: PostgreSQL runs and the tables are there. When it ends, so do we. */
function answerHealth(healthPort: number): void {
  if (healthPort === 0) return;
  http
    .createServer((request, response) => {
      response.writeHead(request.url === '/healthz' ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status: request.url === '/healthz' ? 'ok' : 'no such page' }));
    })
    .on('error', error => {
      console.error(`database: HEALTH_PORT ${healthPort}: ${error.message}`);
      void stop(1);
    })
    .listen(healthPort, '127.0.0.1');
}

// Whoever read our output may be gone; the database goes on.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
process.on('SIGTERM', () => stop());
process.on('SIGINT', () => stop());

try {
  const started = performance.now();
  const { data, port, withParent } = settings();
  if (withParent) stopWithParent(() => void stop());
  server = await startPostgres(data, port, line => console.error(line));
  void server.exited.then(() => {
    if (!stopping) {
      console.error('database: PostgreSQL ended by itself');
      process.exit(1);
    }
  });
  if (stopping) await server.stop();
  const seeded = await seed(port);
  answerHealth(integerFromEnv('HEALTH_PORT', 0));
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  process.stdout.write(
    `database ready on 127.0.0.1:${port}${seeded ? ', orders seeded' : ''} (${seconds} s)\n`,
  );
} catch (error) {
  // A stop while it starts ends the server under our feet; that is no failure.
  if (stopping) await new Promise(() => {});
  console.error(`database: ${error instanceof Error ? error.message : String(error)}`);
  await server?.stop();
  process.exit(1);
}
