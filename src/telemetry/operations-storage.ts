import { z } from 'zod';
import { operationsOf } from '../kernel/index.ts';
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

export const storageOperations = [storage] as const;
