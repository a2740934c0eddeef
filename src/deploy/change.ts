import { z } from 'zod';
import { Instant } from '../kernel/index.ts';
import type { ActionRecord } from '../platform/index.ts';

export const ChangeKind = z.enum([
  'release',
  'rollback',
  'scale',
  'restart',
  'config',
  'maintenance',
  'external',
]);
export type ChangeKind = z.infer<typeof ChangeKind>;

/** Something that was changed at a time: what an investigation compares with when a service got worse. */
export const Change = z.object({
  id: z.string(),
  service: z.string(),
  kind: ChangeKind,
  /** What was before and after: releases, or numbers of replicas. */
  from: z.string().optional(),
  to: z.string().optional(),
  at: Instant,
  finishedAt: Instant.optional(),
  by: z.string(),
  status: z.enum(['running', 'done', 'failed']),
  reason: z.string().optional(),
  incident: z.string().optional(),
  /** The action of the guard that made it, if Nines did. */
  action: z.string().optional(),
  /** Where to read more: a pipeline, a pull request. */
  url: z.string().optional(),
  /** What came of it, as a sentence. */
  summary: z.string().optional(),
});
export type Change = z.infer<typeof Change>;

/** The change that an action makes; undefined before it begins, or if it changes nothing. Pure. */
export function changeOf(record: ActionRecord): Change | undefined {
  const { action, before } = record;
  if (record.startedAt === undefined || before === undefined) return undefined;
  const values = fromTo(record);
  if (action.kind !== 'restart' && values.from === values.to) return undefined;
  return {
    id: changeIdOf(record.id),
    service: record.service,
    kind: kindOf(record),
    ...values,
    at: record.startedAt,
    ...(record.finishedAt === undefined ? {} : { finishedAt: record.finishedAt }),
    by: record.principal.name,
    status: record.status === 'done' ? 'done' : record.status === 'failed' ? 'failed' : 'running',
    reason: record.reason,
    ...(record.incident === undefined ? {} : { incident: record.incident }),
    action: record.id,
    ...(record.summary === undefined ? {} : { summary: record.summary }),
  };
}

/** `act_7f3k…` → `chg_7f3k…`: one change an action, however often it is told. */
export function changeIdOf(action: string): string {
  return action.replace(/^act_/, 'chg_');
}

/** Going back on purpose is a rollback, whoever asked; anything else that sets a release is a release. */
function kindOf({ action, purpose }: ActionRecord): ChangeKind {
  if (action.kind !== 'release') return action.kind;
  return purpose === 'release' ? 'release' : 'rollback';
}

function fromTo({ action, before }: ActionRecord): { from?: string; to?: string } {
  if (before === undefined) return {};
  if (action.kind === 'release') return { from: before.release, to: action.to };
  if (action.kind === 'scale') return { from: String(before.replicas), to: String(action.replicas) };
  return {};
}
