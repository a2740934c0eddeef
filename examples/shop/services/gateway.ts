/** gateway: the shop's public face. It browses by itself, signs in by auth, checks out by auth and payments. */
import './telemetry.ts';
import { urlFromEnv } from './environment.ts';
import { type Answer, post } from './peer.ts';
import { type Product, products } from './products.ts';
import { type Call, Refusal, type Reply, serve } from './server.ts';
import { exception, log } from './telemetry.ts';

const authUrl = urlFromEnv('AUTH_URL', 'http://127.0.0.1:4812');
const paymentsUrl = urlFromEnv('PAYMENTS_URL', 'http://127.0.0.1:4813');
const AUTH_TIMEOUT_MS = 1_000;
const PAYMENTS_TIMEOUT_MS = 5_000;

/** What a release of the gateway decides: how a product page is presented. */
export interface Presentation {
  product(product: Product, all: readonly Product[]): Reply;
}

export function startGateway(presentation: Presentation): void {
  serve(
    [
      {
        method: 'GET',
        path: '/products',
        handle: () => ({ status: 200, body: { products: products.slice(0, 24) } }),
      },
      {
        method: 'GET',
        path: '/products/:sku',
        handle({ params }) {
          const product = products.find(candidate => candidate.sku === params.sku);
          if (!product) throw new Refusal(404, 'no such product');
          return presentation.product(product, products);
        },
      },
      {
        method: 'POST',
        path: '/login',
        async handle({ body }) {
          const { customerId, password } = body;
          return relay(await post(`${authUrl}/sessions`, { customerId, password }, AUTH_TIMEOUT_MS));
        },
      },
      { method: 'POST', path: '/checkout', handle: checkout },
    ],
    { port: 4811 },
  );
}

async function checkout({ headers, body }: Call): Promise<Reply> {
  const token = headers.authorization?.replace(/^Bearer /, '') ?? '';
  const session = await post(`${authUrl}/sessions/verify`, { token }, AUTH_TIMEOUT_MS);
  if (session.status !== 200) throw new Refusal(session.status === 401 ? 401 : 502, 'no valid session');
  const { sku, quantity } = body;
  const order = { requestId: crypto.randomUUID(), customerId: session.body.customerId, sku, quantity };
  try {
    const answer = await post(`${paymentsUrl}/orders`, order, PAYMENTS_TIMEOUT_MS);
    if (answer.status >= 500) {
      log('error', 'checkout failed', {
        'peer.service': 'payments',
        status: answer.status,
        error: String(answer.body.error),
      });
    }
    return relay(answer);
  } catch (error) {
    log('error', 'checkout failed', { 'peer.service': 'payments', ...exception(error) });
    throw error;
  }
}

/** Hands a peer's answer on; its server error becomes ours, as 502. */
function relay({ status, body }: Answer): Reply {
  return status >= 500 ? { status: 502, body: { error: 'try again later' } } : { status, body };
}
