import { z } from 'zod';

/** OpenSLO bounds every description at 1,050 characters. */
export const Description = z.string().max(1050).optional();

/** A reference by name; OpenSLO's names are DNS labels. */
export const Name = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    'a name is 1 to 63 lower-case letters, digits and hyphens, beginning and ending with a letter or digit',
  );

export const Operator = z.enum(['lte', 'gte', 'lt', 'gt']);
export type Operator = z.infer<typeof Operator>;

export const APIVERSION = 'openslo/v1';
