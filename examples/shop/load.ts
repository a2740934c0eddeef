/**
 * The shop's customers, as a process: `node examples/shop/load.ts [--url URL] [--rate 40] [--seed 1]
 * [--duration SECONDS] [--json] [--stop-with-parent]`. With LOAD_WAIT_FOR (URLs, separated by spaces) it begins once all of them answer 200.
 * It prints a line every 10 s; GET 127.0.0.1:PORT/stats tells more, POST /mark starts over.
 */
import { parseArgs } from 'node:util';
import { arrivals } from './load/arrivals.ts';
import { type Drive, drive } from './load/driver.ts';
import { LoadRecord, summaryLine } from './load/record.ts';
import { loopbackUrl, Shopper } from './load/shopper.ts';
import { serveStats } from './load/stats-server.ts';
import { stopWithParent } from './services/parent.ts';
import { products } from './services/products.ts';

const SHARES = { browse: 0.6, login: 0.15, checkout: 0.25 };
const CUSTOMERS = 50_000;

type Settings = ReturnType<typeof settings>;

function settings() {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: process.env.GATEWAY_URL || 'http://127.0.0.1:4811' },
      rate: { type: 'string', default: process.env.LOAD_RATE || '40' },
      seed: { type: 'string', default: process.env.LOAD_SEED || '1' },
      duration: { type: 'string' },
      port: { type: 'string', default: process.env.PORT || '4815' },
      json: { type: 'boolean', default: false },
      'stop-with-parent': { type: 'boolean', default: false },
    },
  });
  const number = (name: string, text: string, least: number, most: number): number => {
    const value = Number(text);
    if (text !== '' && value >= least && value <= most) return value;
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
    waitFor: (process.env.LOAD_WAIT_FOR ?? '').split(/\s+/).filter(Boolean).map(loopbackUrl),
    json: values.json,
    withParent: values['stop-with-parent'],
  };
}

/** Customers come to a shop that is open: requests to one that still starts would count against it. */
async function untilOpen(urls: URL[]): Promise<void> {
  for (const url of urls) {
    for (let attempt = 0; ; attempt += 1) {
      const open = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
        response => response.ok,
        () => false,
      );
      if (open) break;
      if (attempt % 40 === 0) process.stdout.write(`waiting for ${url}\n`);
      await new Promise(resolve => setTimeout(resolve, 250));
    }
  }
}

function begin({ rate, seed, durationMs }: Settings, shopper: Shopper, record: LoadRecord): Drive {
  return drive({
    clock: {
      now: () => performance.now(),
      after(ms, wake) {
        const timer = setTimeout(wake, ms);
        return () => clearTimeout(timer);
      },
    },
    arrivals: arrivals({ rate, seed, shares: SHARES, customers: CUSTOMERS, products: products.length }),
    send: arrival => shopper.send(arrival),
    record: outcome => record.add(outcome),
    maxInFlight: 1_000,
    ...(durationMs === undefined ? {} : { durationMs }),
  });
}

async function main(): Promise<void> {
  const options = settings();
  let record = new LoadRecord(Date.now());
  let load: Drive | undefined;
  if (options.withParent) stopWithParent(() => process.exit(0));
  // Whoever read our output may be gone; the load goes on.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  const stats = () => record.stats(Date.now(), load?.inFlight() ?? 0);
  serveStats(options.ports, { stats, mark: () => record.mark(Date.now()) }, fail);
  await untilOpen(options.waitFor);

  const shopper = new Shopper(options.base);
  record = new LoadRecord(Date.now());
  load = begin(options, shopper, record);
  const print = (): boolean =>
    process.stdout.write(`${options.json ? JSON.stringify(stats()) : summaryLine(stats())}\n`);
  const printing = setInterval(print, 10_000);
  // What is in flight when a signal comes may take its time; the stop does not wait longer than a second for it.
  const patience = new Promise<void>(resolve => {
    const stop = (): void => {
      load?.stop();
      setTimeout(resolve, 1_000);
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
  await Promise.race([load.done, patience]);
  clearInterval(printing);
  print();
  process.exit(0);
}

function fail(message: string): never {
  console.error(`load: ${message}`);
  process.exit(1);
}

await main().catch(error => fail(error instanceof Error ? error.message : String(error)));
