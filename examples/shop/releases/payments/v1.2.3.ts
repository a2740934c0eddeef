/** 1.2.3: a loyalty discount. Orders placed as a guest count too, so a customer's history goes by e-mail address. */
import type { PoolClient } from 'pg';
import { type Customer, checkPace, findCustomer, insertOrder } from '../../services/orders.ts';
import { startPayments } from '../../services/payments.ts';

startPayments(async (client, order) => {
  const customer = await findCustomer(client, order.customerId);
  await checkPace(client, customer);
  const discount = await loyaltyDiscount(client, customer);
  return insertOrder(client, order, customer, Math.round(order.priceCents * order.quantity * (1 - discount)));
});

/** 5 % from 1,000.00 spent, 10 % from 5,000.00. */
async function loyaltyDiscount(client: PoolClient, customer: Customer): Promise<number> {
  const { rows } = await client.query<{ spentCents: number }>(
    `SELECT coalesce(sum(amount_cents), 0)::int AS "spentCents", max(created_at) AS "lastOrderAt"
     FROM orders WHERE lower(customer_email) = lower($1) AND status IN ('paid', 'shipped')`,
    [customer.email],
  );
  const spent = rows[0]?.spentCents ?? 0;
  return spent >= 500_000 ? 0.1 : spent >= 100_000 ? 0.05 : 0;
}
