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
    'Every moment is charged to one cause alone: where several overlap, to the maintenance; else to the deploy that an incident came from; else to the incident; else to a deploy within half an hour of it. Of two of a kind the earlier has it. Time that a correction takes out is charged to nobody. Days add up to what is consumed, and so do causes with what has none.',
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
