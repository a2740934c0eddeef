import { z } from 'zod';
import type { Audit } from './audit.ts';
import { Instant } from './instant.ts';
import { operationsOf } from './operation.ts';

const operation = operationsOf<{ audit: Audit }>();

const list = operation({
  name: 'audit.list',
  summary: 'Show who asked for which change, when, and what became of it; the newest first.',
  effect: 'read',
  route: 'GET /audit',
  input: z.object({
    operation: z.string().max(100).optional().describe('Only this operation, as deploy.release'),
    limit: z.int().min(1).max(1000).default(50).describe('How many entries'),
  }),
  output: z.object({
    entries: z.array(
      z.object({
        at: Instant,
        principal: z.string(),
        kind: z.string(),
        surface: z.string(),
        operation: z.string(),
        input: z.unknown(),
        outcome: z
          .string()
          .describe('ok, or the code of the fault; begun: under way, or Nines was ended in the middle of it'),
        message: z.string().optional(),
      }),
    ),
  }),
  run: async ({ limit, operation }, { audit }) => ({ entries: await audit.list(limit, operation) }),
  render: ({ entries }) =>
    entries.length === 0
      ? 'Nothing was changed yet.'
      : entries
          .map(
            ({ at, principal, operation, outcome, message }) =>
              `${at.slice(0, 19).replace('T', ' ')}  ${principal.slice(0, 16).padEnd(16)} ${operation.padEnd(22)} ${outcome}${message === undefined ? '' : below(message.slice(0, 200))}`,
          )
          .join('\n'),
  examples: ['nines audit list', 'nines audit list --operation deploy.release'],
});

/** What was said, under its entry, within 80 columns. */
function below(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > 76) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map(line => `\n    ${line}`).join('');
}

export const kernelOperations = [list];
