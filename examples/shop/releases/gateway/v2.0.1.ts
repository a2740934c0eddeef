/** 2.0.1: product pages may be cached for a minute, and name three others of the same make. */
import { startGateway } from '../../services/gateway.ts';

startGateway({
  product(product, all) {
    const [material = ''] = product.name.split(' ');
    const related = all
      .filter(other => other.sku !== product.sku && other.name.startsWith(`${material} `))
      .slice(0, 3)
      .map(other => other.sku);
    return { status: 200, body: { ...product, related }, headers: { 'cache-control': 'public, max-age=60' } };
  },
});
