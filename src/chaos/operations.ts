import { z } from 'zod';
import { operationsOf } from '../kernel/index.ts';
import { DrillRun, DrillSpec } from './drill.ts';
import type { Drills } from './drills.ts';

const operation = operationsOf<{ drills: Drills }>();

const start = operation({
  name: 'drill.start',
  summary: 'Break the system as a drill says, and begin to watch how it is detected, fixed and told.',
  effect: 'act',
  route: 'POST /drills/:name/start',
  args: ['name'],
  input: z.object({ name: z.string().max(63).describe('The Drill, as bad-release') }),
  output: DrillRun,
  run: ({ name }, { drills, principal }) => drills.start(name, principal),
  render: renderDrill,
  hidden: { cli: 'nines drill NAME starts the drill and follows it' },
});

const show = operation({
  name: 'drill.show',
  summary: 'Show how far a drill has come: each stage with the seconds since the first bad request.',
  effect: 'read',
  route: 'GET /drill-runs/:id',
  args: ['id'],
  input: z.object({ id: z.string().max(63).describe('The run, as drl_…') }),
  output: DrillRun,
  run: ({ id }, { drills }) => drills.show(id),
  render: renderDrill,
  hidden: { cli: 'nines drill NAME starts the drill and follows it' },
});

const list = operation({
  name: 'drill.list',
  summary: 'List the drills that are declared.',
  effect: 'read',
  route: 'GET /drills',
  input: z.object({}),
  output: z.object({ drills: z.array(z.object({ name: z.string(), spec: DrillSpec })) }),
  run: async (_, { drills }) => ({ drills: await drills.list() }),
  render: ({ drills }) =>
    drills.length === 0
      ? 'No drill is declared.'
      : drills
          .map(
            ({ name, spec }) =>
              `${name.padEnd(20)} ${spec.title} (${spec.release.service} ${spec.release.version})`,
          )
          .join('\n'),
  hidden: { cli: 'nines drill, without a name, lists them' },
});

export const chaosOperations = [start, show, list];

/** A drill as a table: stage, seconds since the first bad request, what happened. */
export function renderDrill(run: DrillRun): string {
  const lines = run.stages.map(({ stage, seconds, at, what }) => {
    const time =
      at === undefined ? '     –' : seconds === undefined ? '     ?' : `${seconds.toFixed(1).padStart(6)} s`;
    return `  ${stage.replaceAll('_', ' ').padEnd(18)} ${time.padEnd(9)} ${what}`.trimEnd();
  });
  return [
    `${run.title}: ${run.state}${run.incident === undefined ? '' : ` (${run.incident})`}`,
    ...lines,
    ...run.failures.map(failure => `  ✗ ${failure}`),
  ].join('\n');
}
