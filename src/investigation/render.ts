import { timeOfDay } from '../kernel/index.ts';
import type { Investigation } from './investigation.ts';

const WIDTH = 80;

/** The whole verdict for a terminal of 80 columns. */
export function renderInvestigation(investigation: Investigation): string {
  const { incident, verdict, at, run, summary, causes, ruledOut, unknown, remedy, window } = investigation;
  const lines = [
    `${incident}: ${verdict} (run ${run}, ${timeOfDay(at, 'second')} UTC)`,
    '',
    ...wrap(summary),
    '',
    ...wrap(`Compared: ${span(window.baseline)} with ${span(window.incident)} UTC.`),
  ];
  for (const cause of causes) {
    lines.push('', ...wrap(`${cause.rank}. ${cause.title} (${cause.kind}, score ${cause.score.toFixed(2)})`));
    for (const { part, points, outOf, why } of cause.scoring)
      lines.push(...wrap(`${part} ${points}/${outOf}: ${why}`, '     '));
    if (cause.rank > 1) continue;
    if (cause.mechanism.length > 0) lines.push('   mechanism');
    for (const link of cause.mechanism) lines.push(...wrap(`- ${link}`, '     ', '       '));
    if (cause.evidence.length > 0) lines.push('   evidence');
    for (const { id, statement, traceIds } of cause.evidence)
      lines.push(
        ...wrap(
          `${id} ${statement}${traceIds?.[0] === undefined ? '' : ` Trace ${traceIds[0]}.`}`,
          '     ',
          '          ',
        ),
      );
  }
  if (ruledOut.length > 0) lines.push('', 'Ruled out');
  for (const { title, why } of ruledOut) lines.push(...wrap(`- ${title}: ${why}`, '  ', '    '));
  if (unknown.length > 0) lines.push('', 'Not known');
  for (const sentence of unknown) lines.push(...wrap(`- ${sentence}`, '  ', '    '));
  if (remedy !== undefined)
    lines.push(
      '',
      ...wrap(
        `Proposed: ${remedy.kind} ${remedy.service}${remedy.to === undefined ? '' : ` to ${remedy.to}`}. ${remedy.reason}`,
      ),
    );
  return lines.join('\n');
}

/** One line an investigation. */
export function renderInvestigations(investigations: readonly Investigation[]): string {
  if (investigations.length === 0) return 'No incident has been investigated yet.';
  return investigations
    .map(({ incident, verdict, causes }) => {
      const first = verdict === 'inconclusive' ? 'cause not known' : (causes[0]?.title ?? 'cause not known');
      return cut(`${incident.padEnd(8)} ${verdict.padEnd(12)} ${first}`);
    })
    .join('\n');
}

function span({ from, to }: { from: string; to: string }): string {
  return `${timeOfDay(from, 'second')} to ${timeOfDay(to, 'second')}`;
}

function cut(line: string): string {
  return line.length <= WIDTH ? line : `${line.slice(0, WIDTH - 1)}…`;
}

/** Words into lines of at most 80 columns; a word that is longer is cut over lines. */
export function wrap(text: string, first = '', rest = first): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (let word of text.split(/\s+/).filter(Boolean)) {
    while (word !== '') {
      const room = WIDTH - line.length - (empty ? 0 : 1);
      if (word.length <= room) {
        line += empty ? word : ` ${word}`;
        empty = false;
        word = '';
      } else if (!empty) {
        lines.push(line);
        line = rest;
        empty = true;
      } else {
        lines.push(line + word.slice(0, room));
        word = word.slice(room);
        line = rest;
      }
    }
  }
  if (!empty) lines.push(line);
  return lines;
}
