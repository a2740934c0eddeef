import { z } from 'zod';
import { defineKind } from '../../catalog/index.ts';
import { APIVERSION, Description } from './description.ts';

export const OpenSloServiceSpec = z.strictObject({ description: Description });

/** OpenSLO's Service: a name under which SLOs are grouped. nines/v1 Service says more. */
export const OpenSloService = defineKind({
  apiVersion: APIVERSION,
  kind: 'Service',
  summary: 'A service by name, under which SLOs are grouped.',
  spec: OpenSloServiceSpec,
});
