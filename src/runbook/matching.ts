import type { Resource } from '../catalog/index.ts';
import type { Action, ServiceState } from '../platform/index.ts';
import type { CauseKind, RunbookSpec, Start, StepAction, StepSpec, Verdict } from './runbook.ts';

/** What an investigation found, as far as choosing a runbook needs it. */
export interface Finding {
  incident: string;
  /** The service to act on: the one that the cause lies in. */
  service: string;
  causeKind: CauseKind;
  verdict: Verdict;
  /** What the investigation would do. */
  remedy: { kind: StepAction; to?: string; replicas?: number; reason: string };
}

export interface Match {
  runbook: Resource<RunbookSpec>;
  actions: Action[];
  why: string;
  score: number;
}

export interface Mismatch {
  runbook: string;
  why: string;
}

const SURE: Record<Verdict, number> = { inconclusive: 0, likely: 1, confirmed: 2 };

/**
 * The runbooks that fit, the best first, and why the others do not. A runbook that names the service or the cause fits
 * better than one for any; among equals the name decides. Pure.
 */
export function matching(
  finding: Finding,
  runbooks: readonly Resource<RunbookSpec>[],
  state: ServiceState,
): { matches: Match[]; mismatches: Mismatch[] } {
  const matches: Match[] = [];
  const mismatches: Mismatch[] = [];
  for (const runbook of runbooks) {
    const result = fit(finding, runbook, state);
    if (typeof result === 'string') mismatches.push({ runbook: runbook.metadata.name, why: result });
    else matches.push(result);
  }
  matches.sort((a, b) => b.score - a.score || a.runbook.metadata.name.localeCompare(b.runbook.metadata.name));
  return { matches, mismatches };
}

function fit(finding: Finding, runbook: Resource<RunbookSpec>, state: ServiceState): Match | string {
  const { when, steps } = runbook.spec;
  const { service, causeKind, verdict, remedy } = finding;
  if (when.services !== undefined && !when.services.includes(service))
    return `it is for ${when.services.join(', ')}, not for ${service}`;
  if (when.causes !== undefined && !when.causes.includes(causeKind))
    return `it is for the causes ${when.causes.join(', ')}, not for ${causeKind}`;
  if (SURE[verdict] < SURE[when.minimumVerdict])
    return `it needs a ${when.minimumVerdict} verdict, and this one is ${verdict}`;
  if (!steps.some(step => step.action === remedy.kind)) return `it has no step to ${remedy.kind}`;
  const actions: Action[] = [];
  // Later steps start from where the earlier ones lead to.
  let { replicas } = state;
  for (const step of steps) {
    const action = actionOf(step, finding, { ...state, replicas });
    if (typeof action === 'string') return action;
    if (action.kind === 'scale') replicas = action.replicas;
    actions.push(action);
  }
  const reasons = [
    when.services === undefined ? undefined : `it is for ${service}`,
    when.causes === undefined ? undefined : `it is for the cause ${causeKind}`,
    `the verdict is ${verdict}`,
  ].filter(reason => reason !== undefined);
  return {
    runbook,
    actions,
    why: reasons.join(', '),
    score:
      (when.services === undefined ? 0 : 4) +
      (when.causes === undefined ? 0 : 2) +
      (steps[0]?.action === remedy.kind ? 1 : 0),
  };
}

function actionOf(step: StepSpec, { service, remedy }: Finding, state: ServiceState): Action | string {
  if (step.action === 'restart') return { kind: 'restart', service };
  if (step.action === 'rollback') {
    const to = step.with.to ?? (remedy.kind === 'rollback' ? remedy.to : undefined) ?? state.previousRelease;
    return to === undefined
      ? `no earlier release of ${service} is known to go back to`
      : { kind: 'release', service, to };
  }
  const most = Math.min(step.bound.maxReplicas ?? state.maxReplicas, state.maxReplicas);
  const wanted =
    step.with.replicas ??
    (step.with.by === undefined ? undefined : state.replicas + step.with.by) ??
    (remedy.kind === 'scale' ? remedy.replicas : undefined) ??
    state.replicas + 1;
  const replicas = Math.min(wanted, most);
  return replicas <= state.replicas
    ? `${service} has ${state.replicas} replicas already, and its bound is ${most}`
    : { kind: 'scale', service, replicas };
}

/**
 * Who may start it after all: `automatic` only for a confirmed verdict and if no gate objects. The reason is given
 * whenever policy asks for more than the runbook does.
 */
export function startOf(
  declared: Start,
  verdict: Verdict,
  objections: readonly string[],
): { start: Start; lowered?: string } {
  if (declared !== 'automatic') return { start: declared };
  if (verdict !== 'confirmed')
    return { start: 'one_click', lowered: `The verdict is ${verdict}, not confirmed: a person decides.` };
  if (objections.length > 0)
    return { start: 'one_click', lowered: `${objections.join(' ')} A person decides.` };
  return { start: 'automatic' };
}
