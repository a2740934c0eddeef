import type { LocalRun } from '../../catalog/index.ts';
import { type Clock, epochMs, instant, newId } from '../../kernel/index.ts';
import { describeAction } from '../action.ts';
import type { ActionOutcome, PerformOptions, Progress } from '../platform.ts';
import { type Instances, type RunSpec, startLimitMs, startProblem } from './instances.ts';
import { planOf, wantedAfter } from './plan.ts';
import type { Desired, InstanceRow, LocalStore, Rollout } from './store.ts';

export interface RolloutDeps {
  store: LocalStore;
  instances: Instances;
  clock: Clock;
  /** Aborted when Nines itself stops: the action stays as it is, to be gone on with. */
  stopping: AbortSignal;
}

/** After a restart the guard goes on with what was under way within seconds; longer than this it will not. */
const ABANDONED_MS = 120_000;

type Tell = (stage: Progress['stage'], message: string) => Promise<void>;

/**
 * Stores what the action will add and remove, so that from here on it can go on or be taken back after a crash.
 * Undefined if there is nothing to do.
 */
export async function beginRollout(
  { store, clock }: RolloutDeps,
  desired: Desired,
  action: Rollout['action'],
  key: string,
  run: LocalRun,
): Promise<Desired | undefined> {
  return store.transaction(async () => {
    const rows = await store.instances(desired.service);
    const plan = planOf(action, desired, rows);
    if (plan === undefined) return undefined;
    const now = clock.now();
    const added: string[] = [];
    for (let count = 0; count < plan.add; count++) {
      const row = newInstance(desired.service, plan.release, now + count);
      await store.putInstance(row);
      added.push(row.id);
    }
    const limitMs = startLimitMs(run) * Math.max(plan.add, 1) + 60_000;
    const begun: Desired = {
      ...desired,
      rollout: {
        key,
        action,
        added,
        removed: plan.remove,
        phase: plan.add === 0 ? 'stopping' : 'starting',
        deadline: instant(now + limitMs),
      },
    };
    // With nothing to wait for, the switch happens at once.
    const next = plan.add === 0 ? wantedAfter(action, begun) : begun;
    await store.putService(next);
    return next;
  });
}

/** Goes on with the action where it stands, whoever began it, and ends it. */
export async function finishRollout(
  deps: RolloutDeps,
  begun: Desired,
  spec: RunSpec,
  { signal, onProgress }: Pick<PerformOptions, 'signal' | 'onProgress'>,
): Promise<ActionOutcome> {
  const tell: Tell = async (stage, message) => onProgress?.({ stage, message });
  let desired = begun;
  if (desired.rollout?.phase === 'starting') {
    const why = await startAdded(deps, desired, spec, signal, tell);
    const { rollout } = desired;
    desired =
      why === undefined
        ? { ...wantedAfter(rollout!.action, desired), rollout: { ...rollout!, phase: 'stopping' } }
        : { ...desired, rollout: { ...rollout!, phase: 'taking_back', why } };
    await deps.store.putService(desired);
    if (why === undefined && rollout!.action.kind !== 'scale')
      await tell('switched', `${desired.service} is on ${desired.releases.at(-1)}; the old instances stop.`);
  }
  return desired.rollout?.phase === 'taking_back'
    ? takeBack(deps, desired, spec, tell)
    : stopRemoved(deps, desired, spec, tell);
}

async function startAdded(
  { store, instances, stopping }: RolloutDeps,
  desired: Desired,
  spec: RunSpec,
  signal: AbortSignal,
  tell: Tell,
): Promise<string | undefined> {
  const added = desired.rollout?.added ?? [];
  const abort = AbortSignal.any([signal, stopping]);
  for (const [index, id] of added.entries()) {
    const row = (await store.instances(desired.service)).find(one => one.id === id);
    if (row === undefined) return `The new instance ${id} is gone.`;
    if (row.state === 'running' && (await instances.alive(row))) continue;
    let started = row;
    if (row.pid === undefined) {
      await tell('starting', `${id} of ${row.release} starts (${index + 1} of ${added.length}).`);
      try {
        started = await instances.start(row, spec);
      } catch (error) {
        return startProblem(error);
      }
    }
    const problem = await instances.becomesHealthy(started, spec.run, abort);
    if (problem !== undefined) {
      stopping.throwIfAborted();
      return problem;
    }
    await tell('healthy', `${id} of ${row.release} is healthy (${index + 1} of ${added.length}).`);
  }
  return undefined;
}

async function stopRemoved(
  { store, instances }: RolloutDeps,
  desired: Desired,
  { run }: RunSpec,
  tell: Tell,
): Promise<ActionOutcome> {
  const { rollout } = desired;
  const going = (await store.instances(desired.service)).filter(row => rollout?.removed.includes(row.id));
  if (going.length > 0)
    await tell(
      'stopping',
      `${going.length} old ${going.length === 1 ? 'instance stops' : 'instances stop'}.`,
    );
  const gone = await Promise.all(going.map(row => instances.remove(row, run)));
  const stuck = gone.filter(one => !one).length;
  const outcome: ActionOutcome =
    stuck === 0
      ? { status: 'done', summary: doneSummary(desired) }
      : {
          status: 'failed',
          summary: `${doneSummary(desired)} ${stuck} old ${stuck === 1 ? 'process' : 'processes'} could not be ended, not even by SIGKILL.`,
          restored: false,
        };
  return ended(store, desired, outcome);
}

async function takeBack(
  { store, instances }: RolloutDeps,
  desired: Desired,
  { run }: RunSpec,
  tell: Tell,
): Promise<ActionOutcome> {
  const { rollout } = desired;
  const rows = await store.instances(desired.service);
  const added = rows.filter(row => rollout?.added.includes(row.id));
  const old = rows.filter(row => !rollout?.added.includes(row.id));
  await tell('taking_back', `It is taken back: ${rollout?.why ?? 'it did not become healthy.'}`);
  const gone = (await Promise.all(added.map(row => instances.remove(row, run)))).every(Boolean);
  const living = (await Promise.all(old.map(row => instances.alive(row)))).filter(Boolean).length;
  const restored = gone && (old.length === 0 || living > 0);
  const outcome: ActionOutcome = {
    status: 'failed',
    summary: `${rollout?.why ?? ''} ${
      restored
        ? `It was taken back: ${living} ${living === 1 ? 'instance' : 'instances'} of ${desired.releases.at(-1)} ${living === 1 ? 'runs' : 'run'} as before.`
        : `It could not be taken back fully: ${living} of ${old.length} earlier instances run.`
    }`.trim(),
    restored,
  };
  return ended(store, desired, outcome);
}

/** Stores how a rollout ended; none is under way any more. */
async function ended(
  store: RolloutDeps['store'],
  { rollout, ...rest }: Desired,
  outcome: ActionOutcome,
): Promise<ActionOutcome> {
  await store.putService({ ...rest, lastAction: { key: rollout?.key ?? '', outcome } });
  return outcome;
}

function doneSummary(desired: Desired): string {
  const { rollout } = desired;
  if (rollout === undefined) return 'Done.';
  const count = `${desired.replicas} ${desired.replicas === 1 ? 'instance' : 'instances'}`;
  if (rollout.action.kind === 'scale') return `${desired.service} runs ${count}.`;
  if (rollout.action.kind === 'restart')
    return `${desired.service} was restarted: ${count} of ${desired.releases.at(-1)}.`;
  return `${desired.service} runs ${rollout.action.to}: ${count}.`;
}

/** The leftover of an action that nobody went on with: it is taken back, or if it had switched, finished. */
export async function settleRollout(
  deps: RolloutDeps,
  desired: Desired,
  spec: RunSpec,
): Promise<ActionOutcome | undefined> {
  const { rollout } = desired;
  if (rollout === undefined) return undefined;
  const given: Desired =
    rollout.phase === 'starting'
      ? {
          ...desired,
          rollout: {
            ...rollout,
            phase: 'taking_back',
            why: `Nobody went on with "${describeAction(rollout.action)}" in its time.`,
          },
        }
      : desired;
  await deps.store.putService(given);
  return finishRollout(deps, given, spec, { signal: new AbortController().signal });
}

/** Whether nobody goes on with it any more: its time is up, and Nines has been there long enough to have gone on. */
export function isOverdue(rollout: Rollout, nowMs: number, watchedSinceMs: number): boolean {
  return epochMs(rollout.deadline) < nowMs && nowMs - watchedSinceMs > ABANDONED_MS;
}

export function newInstance(service: string, release: string, madeAtMs: number): InstanceRow {
  return {
    id: `${service}-${newId('').slice(1, 7)}`,
    service,
    release,
    state: 'starting',
    healthy: false,
    restarts: 0,
    crashes: 0,
    madeAt: instant(madeAtMs),
  };
}
