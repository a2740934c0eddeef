import { checkPace, findCustomer, insertOrder } from '../../services/orders.ts';
import { startPayments } from '../../services/payments.ts';

startPayments(async (client, order) => {
  const customer = await findCustomer(client, order.customerId);
  await checkPace(client, customer);
  return insertOrder(client, order, customer, order.priceCents * order.quantity);
});
