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
  if (criticalPath.length > 0) lines.push('', pathTable(found));
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
          `(${one.calls.least} to ${one.calls.most}) in ${one.requests} of the ${slow.lookedAt + rest.lookedAt} requests looked at: ${ms(one.totalMs)} each, ${Math.round(one.share * 100)} % of their time.`,
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
  if (slow.lookedAt < slow.requests || rest.lookedAt < rest.requests)
    lines.push(
      '',
      ...wrapped(
        'Figures are of the requests looked at; MEAN counts slow and others as often as there are.',
        '',
      ),
    );
  const [worst] = criticalPath;
  if (worst !== undefined) lines.push('', `Example: nines traces show ${worst.exampleTraceId}`);
  for (const note of notes) lines.push(...wrapped(`Note: ${note}`, '      '));
  return lines.join('\n');
}

/** What was waited for, most added time first; what has no line of its own together, so that the columns add up. */
function pathTable({ criticalPath, slow, rest, traces }: Bottleneck): string {
  // What neither takes nor adds a hundredth is of no use at 3 AM.
  const shown = criticalPath
    .filter(one => Math.abs(one.addedShare) >= 0.01 || one.share >= 0.01)
    .slice(0, mostLines);
  const left = (whole: number, of: (one: (typeof shown)[number]) => number) =>
    Math.max(0, whole - shown.reduce((sum, one) => sum + of(one), 0));
  const mean = traces === 0 ? 0 : (slow.meanMs * slow.requests + rest.meanMs * rest.requests) / traces;
  const compared = slow.lookedAt > 0 && rest.lookedAt > 0;
  const line = (what: string, selfMs: number, slowMs: number, restMs: number, added: number) => [
    what,
    ms(selfMs),
    slow.lookedAt > 0 ? ms(slowMs) : '–',
    rest.lookedAt > 0 ? ms(restMs) : '–',
    // No minus before a zero.
    compared ? `${Math.round(added * 100) || 0} %` : '–',
  ];
  const others = left(mean, one => one.selfMs);
  return table(
    ['WAITED FOR (critical path, own time)', 'MEAN', 'SLOW', 'OTHERS', 'ADDED'],
    [
      ...shown.map(one => line(whatText(one), one.selfMs, one.slowSelfMs, one.restSelfMs, one.addedShare)),
      ...(others > mean / 1e6
        ? [
            line(
              'everything else',
              others,
              left(slow.meanMs, one => one.slowSelfMs),
              left(rest.meanMs, one => one.restSelfMs),
              1 - shown.reduce((sum, one) => sum + one.addedShare, 0),
            ),
          ]
        : []),
    ],
  );
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
