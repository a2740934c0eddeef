/** The statements of a checkout that all releases of payments share. */
import type { PoolClient } from 'pg';
import type { OrderRequest, PlacedOrder } from './payments.ts';
import { Refusal } from './server.ts';

export interface Customer {
  id: string;
  email: string;
  address: string;
}

export async function findCustomer(client: PoolClient, id: number): Promise<Customer> {
  const { rows } = await client.query<Customer>('SELECT id, email, address FROM customers WHERE id = $1', [
    id,
  ]);
  if (!rows[0]) throw new Refusal(422, 'no such customer');
  return rows[0];
}

/** How many orders the customer placed in the last minute; more than 20 is not shopping. */
export async function checkPace(client: PoolClient, customer: Customer): Promise<void> {
  const { rows } = await client.query<{ recent: number }>(
    `SELECT count(*)::int AS recent FROM orders WHERE customer_id = $1 AND created_at > now() - interval '1 minute'`,
    [customer.id],
  );
  if ((rows[0]?.recent ?? 0) > 20) throw new Refusal(429, 'too many orders in a minute');
}

/** Inserts the order; the same request id again gives the order that exists. */
export async function insertOrder(
  client: PoolClient,
  order: OrderRequest,
  customer: Customer,
  amountCents: number,
): Promise<PlacedOrder> {
  const { rows } = await client.query<PlacedOrder>(
    `INSERT INTO orders (request_id, customer_id, customer_email, sku, quantity, amount_cents, status, shipping_address)
     VALUES ($1, $2, $3, $4, $5, $6, 'paid', $7)
     ON CONFLICT (request_id) WHERE request_id IS NOT NULL DO UPDATE SET request_id = excluded.request_id
     RETURNING id AS "orderId", amount_cents AS "amountCents"`,
    [order.requestId, customer.id, customer.email, order.sku, order.quantity, amountCents, customer.address],
  );
  if (!rows[0]) throw new Error('the order was not stored');
  return rows[0];
}
