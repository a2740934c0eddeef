import type { EdgeFigures, OperationFigures } from './observation.ts';
import { combined } from './shift.ts';

/** Operations of all versions together, from those split by version: one question to the store instead of two. */
export function acrossVersions(versions: readonly OperationFigures[]): OperationFigures[] {
  const groups = Map.groupBy(versions, each =>
    JSON.stringify([each.service, each.kind, each.operation, each.statement, each.peer]),
  );
  return [...groups.values()].map(group => {
    const { version: _, ...most } = [...group].sort(
      (a, b) => b.count - a.count || ((a.version ?? '') < (b.version ?? '') ? -1 : 1),
    )[0]!;
    return { ...most, ...combined(group), totalMs: group.reduce((sum, each) => sum + each.totalMs, 0) };
  });
}

/**
 * Who calls whom, from the callers' own spans that name what they call. Undefined where they do not name services (a
 * window with too many spans to find out who answered): then the store has to be asked for the edges.
 */
export function edgesFrom(operations: readonly OperationFigures[]): EdgeFigures[] | undefined {
  const serving = new Set(operations.filter(each => each.kind === 'server').map(each => each.service));
  const calls = operations.filter(
    each =>
      (each.kind === 'client' || each.kind === 'producer') && each.peer !== undefined && each.peer !== '',
  );
  if (serving.size > 1 && !calls.some(each => serving.has(each.peer!))) return undefined;
  const databases = new Set(
    calls.filter(each => each.statement !== undefined && each.statement !== '').map(each => each.peer),
  );
  const groups = Map.groupBy(calls, each => JSON.stringify([each.service, each.peer]));
  return [...groups.values()].map(group => {
    const { service, peer, kind } = group[0]!;
    const isDatabase = databases.has(peer) && !serving.has(peer!);
    return {
      from: service,
      to: peer!,
      kind: isDatabase ? 'database' : kind === 'producer' ? 'queue' : 'service',
      ...combined(group),
      totalMs: group.reduce((sum, each) => sum + each.totalMs, 0),
    };
  });
}
