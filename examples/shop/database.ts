/**
 * The shop's PostgreSQL as a process: `node examples/shop/database.ts [--data DIR] [--port PORT]`
 * (or DATABASE_DATA and PORT). It seeds the tables once, prints `database ready`, and stops the server on SIGTERM.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type RunningPostgres, startPostgres } from './database/postgres.ts';
import { seed } from './database/seed.ts';
import { integerFromEnv } from './services/environment.ts';

const { values } = parseArgs({ options: { data: { type: 'string' }, port: { type: 'string' } } });
const data = path.resolve(values.data ?? (process.env.DATABASE_DATA || '.nines/shop/postgres'));
const port = values.port === undefined ? integerFromEnv('PORT', 4814) : Number(values.port);

let server: RunningPostgres | undefined;
let stopping = false;

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await server?.stop();
  process.exit(0);
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

try {
  const started = performance.now();
  server = await startPostgres(data, port, line => console.error(line));
  void server.exited.then(() => {
    if (!stopping) {
      console.error('database: PostgreSQL ended by itself');
      process.exit(1);
    }
  });
  if (stopping) await server.stop();
  const seeded = await seed(port);
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  process.stdout.write(
    `database ready on 127.0.0.1:${port}${seeded ? ', orders seeded' : ''} (${seconds} s)\n`,
  );
} catch (error) {
  console.error(`database: ${error instanceof Error ? error.message : String(error)}`);
  await server?.stop();
  process.exit(1);
}
