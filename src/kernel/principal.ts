import { z } from 'zod';

/** What a principal may do. `viewer` reads; `responder` also writes and acts; `admin` also takes everything away, as a backup does. */
export const Role = z.enum(['viewer', 'responder', 'admin']);
export type Role = z.infer<typeof Role>;

/** Who asks. `policy` and `system` are Nines itself, `agent` a model on somebody's behalf. */
export const Principal = z.object({
  name: z.string().min(1).max(128),
  kind: z.enum(['person', 'agent', 'policy', 'system']),
  role: Role,
  claimed: z.boolean().optional().describe('The name is as typed: nothing proves it'),
});
export type Principal = z.infer<typeof Principal>;

/** Nines itself, when it acts by its own rules. */
export const systemPrincipal: Principal = { name: 'nines', kind: 'system', role: 'admin' };
