import { z } from 'zod';
import { defineKind } from '../../catalog/index.ts';
import { withoutBlanks } from './blank.ts';
import { APIVERSION, Description } from './description.ts';
import { OpenSloMetadata } from './metadata.ts';

export const DataSourceSpec = z.strictObject({
  description: Description,
  type: z.string().min(1).max(253).describe('As Prometheus or Datadog'),
  connectionDetails: z.json().describe('What connects to it; any shape'),
});
export type DataSourceSpec = z.infer<typeof DataSourceSpec>;

/** Where metrics are asked for. */
export const DataSource = defineKind({
  apiVersion: APIVERSION,
  kind: 'DataSource',
  metadata: OpenSloMetadata,
  prepare: withoutBlanks,
  summary: 'Connection details of a source of metrics.',
  spec: DataSourceSpec,
});
