import { epochMs, humanDuration } from '../kernel/index.ts';
import type { Observation, OperationFigures, RecordedChange } from './observation.ts';
import { shift } from './shift.ts';

/** How long before the onset a change is still looked at. */
export const CHANGE_WINDOW_MS = 2 * 3_600_000;
/** The onset is known to within a bucket and a clock: a change this little after it may still come before. */
export const ONSET_TOLERANCE_MS = 15_000;
/** Full timing points up to here; from here they fall to none at the end of the window. */
const PROMPT_MS = 10 * 60_000;

export interface Timing {
  /** 0 to 1. */
  fit: number;
  /** Milliseconds from the change to the onset. */
  lagMs: number;
  why: string;
}

/** How well a change's time fits the onset: soon before it, and the last of its service. */
export function timingOf(change: RecordedChange, onset: string, all: readonly RecordedChange[]): Timing {
  const lagMs = epochMs(onset) - epochMs(change.at);
  if (lagMs < -ONSET_TOLERANCE_MS)
    return { fit: 0, lagMs, why: `it came ${humanDuration(-lagMs)} after the onset` };
  if (lagMs > CHANGE_WINDOW_MS)
    return {
      fit: 0,
      lagMs,
      why: `it came ${humanDuration(lagMs)} before the onset, longer than is looked at`,
    };
  const later = all.find(
    other =>
      other.service === change.service &&
      other.id !== change.id &&
      other.at > change.at &&
      epochMs(other.at) <= epochMs(onset) + ONSET_TOLERANCE_MS,
  );
  const decay = Math.min(1, Math.max(0, 1 - (lagMs - PROMPT_MS) / (CHANGE_WINDOW_MS - PROMPT_MS)));
  const lag = lagMs < 0 ? 'at the onset' : `${humanDuration(lagMs)} before the onset`;
  if (later !== undefined)
    return { fit: decay * 0.4, lagMs, why: `it came ${lag}, but ${later.service} changed again after it` };
  return { fit: decay, lagMs, why: `it came ${lag}` };
}

export interface VersionContrast {
  /** `concurrent`: old and new served side by side. `sequential`: the old one before, the new one after. */
  how: 'concurrent' | 'sequential';
  /** The new version's spans are bad where the old one's are not. */
  newIsBad: boolean;
  /** The old version is bad too, in the same minutes: then the version is not what differs. */
  oldIsBad: boolean;
  operation: string;
  old: OperationFigures;
  new: OperationFigures;
}

/** Side by side is only evidence when the old one served enough: at the end of a rollout it drains a few. */
const LEAST_CONCURRENT = 20;
const LEAST_CONCURRENT_SHARE = 0.1;

/**
 * The new version's spans against the old one's, operation by operation; the clearest contrast is returned. Undefined:
 * the versions are not reported, or there are too few spans of one of them.
 */
export function contrast(
  { versions, operations, changes }: Observation,
  { service, from, to, at }: RecordedChange,
): VersionContrast | undefined {
  if (to === undefined) return undefined;
  // What came after it is no version to compare it with: it may be the very one that is bad.
  const later = new Set(
    changes.filter(other => other.service === service && other.at > at).map(other => other.to),
  );
  const isOld = ({ version }: OperationFigures) =>
    version !== undefined && version !== to && (from === undefined ? !later.has(version) : version === from);
  const served = (each: OperationFigures) =>
    each.service === service && (each.kind === 'server' || each.kind === 'consumer');
  const found: { contrast: VersionContrast; weight: number }[] = [];
  for (const now of versions.incident.filter(each => served(each) && each.version === to)) {
    const sameOperation = (each: OperationFigures) => served(each) && each.operation === now.operation;
    const beside = versions.incident.find(each => sameOperation(each) && isOld(each));
    const earlier = versions.baseline.find(each => sameOperation(each) && isOld(each));
    const usual = operations.baseline.find(sameOperation);
    const isConcurrent =
      beside !== undefined &&
      beside.count >= LEAST_CONCURRENT &&
      beside.count >= LEAST_CONCURRENT_SHARE * now.count;
    if (isConcurrent) {
      const apart = shift(beside, now);
      const change = shift(earlier ?? usual, beside);
      const newIsBad = apart.slower || apart.failing;
      found.push({
        contrast: {
          how: 'concurrent',
          newIsBad,
          oldIsBad: change.slower || change.failing,
          operation: now.operation,
          old: beside,
          new: now,
        },
        weight: newIsBad ? now.totalMs - (now.count * beside.totalMs) / beside.count : 0,
      });
    } else if (earlier !== undefined) {
      const apart = shift(earlier, now);
      const newIsBad = apart.slower || apart.failing;
      found.push({
        contrast: {
          how: 'sequential',
          newIsBad,
          oldIsBad: false,
          operation: now.operation,
          old: earlier,
          new: now,
        },
        weight: newIsBad ? now.totalMs - (now.count * earlier.totalMs) / Math.max(earlier.count, 1) : 0,
      });
    }
  }
  found.sort(
    (a, b) =>
      Number(b.contrast.newIsBad) - Number(a.contrast.newIsBad) ||
      b.weight - a.weight ||
      (a.contrast.operation < b.contrast.operation ? -1 : 1),
  );
  return found[0]?.contrast;
}
