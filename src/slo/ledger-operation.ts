import { z } from 'zod';
import { operationsOf } from '../kernel/index.ts';
import { Ledger } from './ledger.ts';
import { ledgerText } from './ledger-text.ts';
import type { Slos } from './slos.ts';

const operation = operationsOf<{ slos: Slos }>();

export const ledgerOperation = operation({
  name: 'slo.ledger',
  summary:
    'Show what an error budget went on: by day, by incident, deploy and maintenance, and when it is gone.',
  description:
    'A charge is to one cause alone: what an incident burned is charged to the deploy that it came from, where that is known.',
  effect: 'read',
  route: 'GET /slos/:id/ledger',
  args: ['id'],
  input: z.object({
    id: z.string().min(1).max(128).describe('The SLO, as checkout-availability; /2 for its second objective'),
  }),
  output: Ledger,
  run: ({ id }, { slos, now }) => slos.ledger(id, now()),
  render: ledgerText,
  examples: ['nines slo ledger checkout-availability'],
});
