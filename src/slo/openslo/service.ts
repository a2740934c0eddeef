import { z } from 'zod';
import { defineKind } from '../../catalog/index.ts';
import { withoutBlanks } from './blank.ts';
import { APIVERSION, Description } from './description.ts';
import { OpenSloMetadata } from './metadata.ts';

/** A service may say nothing but its name. */
export const OpenSloServiceSpec = z.strictObject({ description: Description }).prefault({});

/** OpenSLO's Service: a name under which SLOs are grouped. nines/v1 Service says more. */
export const OpenSloService = defineKind({
  apiVersion: APIVERSION,
  kind: 'Service',
  metadata: OpenSloMetadata,
  prepare: withoutBlanks,
  summary: 'A service by name, under which SLOs are grouped.',
  spec: OpenSloServiceSpec,
});
