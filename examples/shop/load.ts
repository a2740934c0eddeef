/**
 * The shop's customers, as a process: `node examples/shop/load.ts [--url URL] [--rate 40] [--seed 1]
 * [--duration SECONDS] [--json]`. It prints a line every 10 s; GET 127.0.0.1:PORT/stats tells more, POST /mark starts over.
 */
import http from 'node:http';
import { parseArgs } from 'node:util';
import { arrivals } from './load/arrivals.ts';
import { drive } from './load/driver.ts';
import { LoadRecord, summaryLine } from './load/record.ts';
import { loopbackUrl, Shopper } from './load/shopper.ts';
import { products } from './services/products.ts';

function fail(message: string): never {
  console.error(`load: ${message}`);
  process.exit(1);
}

function settings() {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: process.env.GATEWAY_URL || 'http://127.0.0.1:4811' },
      rate: { type: 'string', default: process.env.LOAD_RATE || '40' },
      seed: { type: 'string', default: process.env.LOAD_SEED || '1' },
      duration: { type: 'string' },
      port: { type: 'string', default: process.env.PORT || '4815' },
      json: { type: 'boolean', default: false },
    },
  });
  const number = (name: string, text: string, least: number, most: number): number => {
    const value = Number(text);
    if (value >= least && value <= most) return value;
    throw new Error(`--${name} ${text}: a number from ${least} to ${most} is expected`);
  };
  return {
    base: loopbackUrl(values.url),
    rate: number('rate', values.rate, 0.1, 2_000),
    seed: number('seed', values.seed, 0, 2 ** 32 - 1),
    ...(values.duration === undefined
      ? {}
      : { durationMs: number('duration', values.duration, 0.1, 1e7) * 1_000 }),
    ports: [values.port, process.env.HEALTH_PORT || '0'].map(text => number('port', text, 0, 65_535)),
    json: values.json,
  };
}

function start({ base, rate, seed, durationMs, ports, json }: ReturnType<typeof settings>): void {
  const record = new LoadRecord(Date.now());
  const shopper = new Shopper(base);
  const shares = { browse: 0.6, login: 0.15, checkout: 0.25 };
  const load = drive({
    clock: {
      now: () => performance.now(),
      after(ms, wake) {
        const timer = setTimeout(wake, ms);
        return () => clearTimeout(timer);
      },
    },
    arrivals: arrivals({ rate, seed, shares, customers: 50_000, products: products.length }),
    send: arrival => shopper.send(arrival),
    record: outcome => record.add(outcome),
    maxInFlight: 1_000,
    ...(durationMs === undefined ? {} : { durationMs }),
  });
  const stats = () => record.stats(Date.now(), load.inFlight());

  const servers = ports
    .filter(port => port > 0)
    .map(port =>
      http
        .createServer((request, response) => {
          const path = `${request.method} ${request.url}`;
          if (path === 'POST /mark') record.mark(Date.now());
          const known = ['GET /stats', 'POST /mark', 'GET /healthz'].includes(path);
          response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
          response.end(JSON.stringify(known ? stats() : { error: 'GET /stats, POST /mark or GET /healthz' }));
        })
        .on('error', (error: NodeJS.ErrnoException) =>
          fail(error.code === 'EADDRINUSE' ? `port ${port} is taken; set PORT to a free one` : error.message),
        )
        .listen(port, '127.0.0.1'),
    );

  const print = (): boolean =>
    process.stdout.write(`${json ? JSON.stringify(stats()) : summaryLine(stats())}\n`);
  const printing = setInterval(print, 10_000);
  const stop = (): void => load.stop();
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // What is in flight at the end may take its time; a stop does not wait longer than this for it.
  const patience = new Promise<void>(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => setTimeout(resolve, 1_000).unref());
  });
  void Promise.race([load.done, patience]).then(() => {
    clearInterval(printing);
    print();
    shopper.close();
    for (const server of servers) server.close();
    process.exit(0);
  });
}

try {
  start(settings());
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
