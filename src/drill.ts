import { type DrillRun, renderDrill } from './chaos/index.ts';
import { type Caller, Fault } from './kernel/index.ts';

export interface FollowOptions {
  name: string | undefined;
  json: boolean;
  caller: Caller;
  out(text: string): void;
  progress(text: string): void;
}

const POLL_MS = 1_000;
/** How long the server may be away (it was killed, and is started again) before the drill is given up. */
const AWAY_MS = 60_000;
const DRILL_FAILED = 7;

/** Starts a drill and follows it to its end, also over restarts of the server. Gives the exit code: 7 if it failed. */
export async function followDrill({ name, json, caller, out, progress }: FollowOptions): Promise<number> {
  if (name === undefined) {
    const { drills } = (await caller('drill.list', {})) as {
      drills: { name: string; spec: { title: string } }[];
    };
    if (json) out(`${JSON.stringify({ drills }, null, 2)}\n`);
    else
      out(
        drills.length === 0
          ? 'No drill is declared.\n'
          : drills.map(one => `${one.name.padEnd(20)} ${one.spec.title}\n`).join(''),
      );
    return 0;
  }
  let run = (await caller('drill.start', { name })) as DrillRun;
  if (!json) progress(`${run.title}: ${run.service} ${run.version} is being shipped.\n`);
  const shown = new Set<string>();
  let awaySince: number | undefined;
  while (run.state === 'running') {
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
    try {
      run = (await caller('drill.show', { id: run.id })) as DrillRun;
      awaySince = undefined;
    } catch (error) {
      if (!(error instanceof Fault) || !['unavailable', 'timeout', 'overloaded'].includes(error.code))
        throw error;
      awaySince ??= Date.now();
      if (Date.now() - awaySince > AWAY_MS) throw error;
      continue;
    }
    if (json) continue;
    for (const { stage, at, what, seconds } of run.stages) {
      if (at === undefined || seconds === undefined || shown.has(stage)) continue;
      shown.add(stage);
      progress(
        `  ${`${seconds.toFixed(1)} s`.padStart(9)}  ${stage.replaceAll('_', ' ').padEnd(18)} ${what}\n`,
      );
    }
  }
  out(json ? `${JSON.stringify(run, null, 2)}\n` : `\n${renderDrill(run)}\n`);
  return run.state === 'passed' ? 0 : DRILL_FAILED;
}
