import { cut, ms, share, table } from '../text.ts';
import { requestCount, whatText } from './analysis.ts';
import type { Bottleneck } from './bottleneck.ts';

const width = 80;
const mostLines = 8;

/** The answer first, then what it rests on; 80 columns. */
export function bottleneckText(found: Bottleneck): string {
  const { verdict, slow, rest, criticalPath, overRepresented, nPlusOne, errorOrigins, failed, notes } = found;
  const lines = [...wrapped(found.sentence, '')];
  if (verdict === 'no_data') return lines.join('\n');
  // What neither takes nor adds a hundredth is of no use at 3 AM.
  const told = criticalPath.filter(one => Math.abs(one.addedShare) >= 0.01 || one.share >= 0.01);
  const part = (looked: number, all: number) => (looked === all ? `${all}` : `${looked} of ${all}`);
  lines.push(
    ...(slow.lookedAt > 0
      ? wrapped(
          `Slow (${found.slowMeans}) takes ${ms(slow.meanMs)} on average${rest.lookedAt > 0 ? `, the others ${ms(rest.meanMs)}` : ''}. ` +
            `Looked at ${part(slow.lookedAt, slow.requests)} slow and ${part(rest.lookedAt, rest.requests)} other requests, ${found.spans} spans.`,
          '',
        )
      : wrapped(
          `Looked at ${part(rest.lookedAt, rest.requests)} ${rest.requests === 1 ? 'request' : 'requests'}, ${found.spans} spans.`,
          '',
        )),
  );
  if (criticalPath.length > 0)
    lines.push(
      '',
      table(
        ['WAITED FOR (critical path, own time)', 'MEAN', 'SLOW', 'OTHERS', 'ADDED'],
        told
          .slice(0, mostLines)
          .map(one => [
            whatText(one),
            ms(one.selfMs),
            slow.lookedAt > 0 ? ms(one.slowSelfMs) : '–',
            rest.lookedAt > 0 ? ms(one.restSelfMs) : '–',
            slow.lookedAt > 0 && rest.lookedAt > 0 ? `${Math.round(one.addedShare * 100)} %` : '–',
          ]),
      ),
      ...more(criticalPath.length, Math.min(mostLines, told.length)),
    );
  if (overRepresented.length > 0)
    lines.push(
      '',
      table(
        ['SLOW REQUESTS HAVE MORE OFTEN', 'SLOW', 'OTHERS', 'CHANCE'],
        overRepresented.map(one => [
          `${one.service} ${one.key}=${one.value}`,
          share(one.slow, one.slowOf),
          share(one.rest, one.restOf),
          one.p < 1e-6 ? '< 1e-6' : one.p.toPrecision(1),
        ]),
      ),
      ...overRepresented
        .filter(({ same }) => same.length > 0)
        .slice(0, 2)
        .map(one => cut(`  ${one.key}=${one.value} are the same requests as ${one.same.join(', ')}`, width)),
    );
  else if (slow.lookedAt > 0 && verdict !== 'too_few')
    lines.push('', `No attribute of ${found.attributesTested} tested sets slow requests apart.`);
  for (const one of nPlusOne.slice(0, mostLines))
    lines.push(
      '',
      ...wrapped(
        `N+1: ${one.parentService} ${one.parentOperation} makes the call below ${one.calls.median} times, one after another ` +
          `(${one.calls.least} to ${one.calls.most}) in ${one.requests} requests: ${ms(one.totalMs)} each, ${Math.round(one.share * 100)} % of their time.`,
        '',
      ),
      `  ${cut(whatText(one), width - 2)}`,
      `  nines traces show ${one.exampleTraceId}`,
    );
  if (failed.requests > 0) {
    lines.push(
      '',
      `${requestCount(failed.requests)} failed. Where the errors began${failed.lookedAt < failed.requests ? `, in ${failed.lookedAt} of them` : ''}:`,
    );
    for (const one of errorOrigins.slice(0, mostLines)) {
      const handled = one.requests - one.reachRoot;
      lines.push(
        cut(`${String(one.requests).padStart(6)}  ${one.service} ${one.operation}: ${one.error}`, width),
        ...(handled > 0 ? [`        ${handled} of them did not fail the callers`] : []),
        `        nines traces show ${one.exampleTraceId}`,
      );
    }
    lines.push(...more(errorOrigins.length, mostLines));
  }
  const [worst] = criticalPath;
  if (worst !== undefined) lines.push('', `Example: nines traces show ${worst.exampleTraceId}`);
  for (const note of notes) lines.push(...wrapped(`Note: ${note}`, '      '));
  return lines.join('\n');
}

function more(length: number, shown: number): string[] {
  return length > shown ? [`… and ${length - shown} more; --json gives all.`] : [];
}

function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
