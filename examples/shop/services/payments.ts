/** payments: takes orders, one transaction each, over a bounded pool of PostgreSQL connections. */
import './telemetry.ts';
import type { Pool, PoolClient } from 'pg';
import { products } from './products.ts';
import { Refusal, serve } from './server.ts';
import { exception, instrumented, log } from './telemetry.ts';

const pg = instrumented('pg') as typeof import('pg');

export interface OrderRequest {
  requestId: string;
  customerId: number;
  sku: string;
  quantity: number;
  priceCents: number;
}
export interface PlacedOrder {
  orderId: string;
  amountCents: number;
}

/** What a release of payments decides: the statements of one checkout, inside an open transaction. */
export type PlaceOrder = (client: PoolClient, order: OrderRequest) => Promise<PlacedOrder>;

export async function startPayments(placeOrder: PlaceOrder): Promise<void> {
  const pool = connectPool();
  await untilReady(pool);
  serve(
    [
      {
        method: 'POST',
        path: '/orders',
        async handle({ body }) {
          const order = readOrder(body);
          try {
            const placed = await inTransaction(pool, client => placeOrder(client, order));
            log('info', 'order placed', {
              'order.id': placed.orderId,
              'order.amount_cents': placed.amountCents,
            });
            return { status: 201, body: placed };
          } catch (error) {
            if (error instanceof Refusal) throw error;
            log('error', 'checkout failed', { 'customer.id': order.customerId, ...exception(error) });
            return { status: 503, body: { error: error instanceof Error ? error.message : String(error) } };
          }
        },
      },
    ],
    { port: 4813, onStop: () => pool.end() },
  );
}

function connectPool(): Pool {
  const url = new URL(process.env.DATABASE_URL || 'postgres://shop:shop@127.0.0.1:4814/shop');
  const pool = new pg.Pool({
    host: url.hostname,
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: url.pathname.slice(1),
    application_name: 'payments',
    max: 10,
    connectionTimeoutMillis: 2_500,
    idleTimeoutMillis: 30_000,
    statement_timeout: 10_000,
  });
  // An idle connection that breaks (the database restarts) is replaced on the next use.
  pool.on('error', error => log('warn', 'database connection lost', exception(error)));
  return pool;
}

/** Listens only once the orders can be read: a release that cannot reach its database takes no traffic. */
async function untilReady(pool: Pool): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await pool.query('SELECT id FROM orders LIMIT 1');
      return;
    } catch (error) {
      if (attempt % 20 === 0) log('warn', 'waiting for the database', exception(error));
      await new Promise(resolve => setTimeout(resolve, 250));
    }
  }
}

async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((failed: Error) => {
      broken = failed;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

function readOrder(body: Record<string, unknown>): OrderRequest {
  const product = products.find(candidate => candidate.sku === body.sku);
  const customerId = Number(body.customerId);
  const quantity = Number(body.quantity ?? 1);
  if (!product) throw new Refusal(422, 'no such product');
  if (!Number.isInteger(customerId)) throw new Refusal(422, 'customerId is missing');
  if (!Number.isInteger(quantity) || quantity < 1 || quantity > 99)
    throw new Refusal(422, 'quantity is 1 to 99');
  return {
    requestId: String(body.requestId ?? crypto.randomUUID()),
    customerId,
    sku: product.sku,
    quantity,
    priceCents: product.priceCents,
  };
}
