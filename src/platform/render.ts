import { epochMs, humanDuration, timeOfDay } from '../kernel/index.ts';
import type { ActionRecord } from './action-record.ts';
import type { ServiceState } from './service-state.ts';

/** A service in one line, with a line for each instance that needs one. */
export function renderService(state: ServiceState): string {
  const healthy = state.instances.filter(one => one.healthy).length;
  const lines = [
    `${state.service.padEnd(20)} ${state.release.padEnd(14)} ${healthy} of ${state.replicas} healthy  on ${state.platform}`,
  ];
  if (state.rollout !== undefined)
    lines.push(`  under way: ${state.rollout.description} (${state.rollout.phase.replace('_', ' ')})`);
  for (const one of state.instances) {
    const notes = [
      one.pid === undefined ? '' : `pid ${one.pid}`,
      one.release === state.release ? '' : `release ${one.release}`,
      one.restarts === 0 ? '' : `${one.restarts} ${one.restarts === 1 ? 'restart' : 'restarts'}`,
      one.nextStartAt === undefined ? '' : `starts again at ${timeOfDay(one.nextStartAt, 'second')} UTC`,
    ].filter(note => note !== '');
    const shown = one.state === 'running' && !one.healthy ? 'unhealthy' : one.state;
    lines.push(`  ${one.id.padEnd(28)} ${shown.padEnd(9)} ${notes.join(', ')}`.trimEnd());
    if (one.lastExit !== undefined && one.state !== 'running') lines.push(wrap(`it ${one.lastExit}`, 4));
  }
  return lines.join('\n');
}

export function renderServices(states: readonly ServiceState[]): string {
  if (states.length === 0)
    return 'No platform runs a service yet: declare runsOn in a Service, and apply it.';
  return states.map(renderService).join('\n');
}

export function renderActionLine(record: ActionRecord): string {
  return `${record.id}  ${record.requestedAt.slice(0, 19).replace('T', ' ')}  ${record.status.padEnd(8)} ${record.description}`;
}

export function renderActions(actions: readonly ActionRecord[]): string {
  return actions.length === 0 ? 'No action yet.' : actions.map(renderActionLine).join('\n');
}

export function renderAction(record: ActionRecord): string {
  const lines = [
    `${record.id}  ${record.description}: ${record.status}`,
    wrap(`${record.summary ?? 'It is under way.'}`, 2),
    `  asked by    ${record.principal.name} (${record.principal.kind}), ${record.requestedAt.slice(0, 19).replace('T', ' ')} UTC`,
    labelled('reason', record.reason),
    `  purpose     ${record.purpose}${record.incident === undefined ? '' : ` for ${record.incident}`}`,
  ];
  if (record.undoes !== undefined) lines.push(`  undoes      ${record.undoes}`);
  for (const gate of record.gates)
    lines.push(labelled('gate', `${gate.allowed ? 'yes' : 'no'}, ${gate.gate}: ${gate.reason}`));
  if (record.override !== undefined) lines.push(labelled('override', record.override));
  lines.push(
    labelled(
      'bound',
      `only ${record.service}, ${record.bound.timeoutSeconds} s${record.bound.maxReplicas === undefined ? '' : `, at most ${record.bound.maxReplicas} replicas`}`,
    ),
  );
  if (record.before !== undefined) lines.push(labelled('before', inShort(record.before)));
  if (record.after !== undefined) lines.push(labelled('after', inShort(record.after)));
  if (record.startedAt !== undefined && record.finishedAt !== undefined)
    lines.push(
      labelled(
        'took',
        `${humanDuration(epochMs(record.finishedAt) - epochMs(record.startedAt))}, ended ${timeOfDay(record.finishedAt, 'second')} UTC`,
      ),
    );
  return lines.join('\n');
}

function inShort(state: ServiceState): string {
  const healthy = state.instances.filter(one => one.healthy).length;
  return `release ${state.release}, ${healthy} of ${state.replicas} healthy`;
}

function labelled(label: string, text: string): string {
  return wrap(text, 14).replace(/^ {14}/, `  ${label.padEnd(12)}`);
}

/** Text in lines of at most 80 columns, each indented. A word that is longer stands alone. */
export function wrap(text: string, indent: number): string {
  const pad = ' '.repeat(indent);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent + line.length + 1 + word.length > 80) {
      lines.push(pad + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(pad + line);
  return lines.join('\n');
}
