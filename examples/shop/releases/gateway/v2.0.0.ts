import { startGateway } from '../../services/gateway.ts';

startGateway({
  product: product => ({ status: 200, body: product }),
});
