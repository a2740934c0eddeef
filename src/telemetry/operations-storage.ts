import { z } from 'zod';
import { operationsOf } from '../kernel/index.ts';
import { Cardinality, cardinalityText } from './cardinality-report.ts';
import { Storage, storageText } from './storage.ts';
import type { Telemetry } from './telemetry.ts';

const operation = operationsOf<{ telemetry: Telemetry }>();

const storage = operation({
  name: 'telemetry.storage',
  summary:
    'Show what telemetry takes on the disk, how long it is kept, and what was dropped before its time.',
  effect: 'read',
  route: 'GET /telemetry/storage',
  input: z.object({}),
  output: Storage,
  run: (_, { telemetry }) => telemetry.storage(),
  render: storageText,
  examples: ['nines telemetry storage'],
});

const cardinality = operation({
  name: 'telemetry.cardinality',
  summary: 'Show which metrics, labels and senders make the most series, what grew, and what was refused.',
  effect: 'read',
  route: 'GET /telemetry/cardinality',
  input: z.object({
    limit: z.int().min(1).max(100).default(10).describe('How many of each'),
  }),
  output: Cardinality,
  run: ({ limit }, { telemetry }) => telemetry.cardinality(limit),
  render: cardinalityText,
  examples: ['nines telemetry cardinality', 'nines telemetry cardinality --limit 30'],
});

export const storageOperations = [storage, cardinality] as const;
