import { durationMs } from '../../../src/telemetry/promql/index.ts';
import { notedNumber } from './histogram-notation.ts';
import { type NotedSeries, notedSeries } from './series-notation.ts';

export interface Load {
  readonly kind: 'load';
  readonly line: number;
  readonly intervalMs: number;
  readonly series: readonly NotedSeries[];
  /** Classic histograms are loaded as native ones with custom buckets as well. */
  readonly withCustomBuckets: boolean;
}

export interface Expectation {
  readonly type: 'fail' | 'warn' | 'info' | 'no_warn' | 'no_info' | 'ordered';
  readonly message?: string;
  readonly pattern?: RegExp;
}

export interface Evaluation {
  readonly kind: 'eval';
  readonly line: number;
  /** As it is written, for the name of the case. */
  readonly text: string;
  readonly query: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Undefined for an instant query. */
  readonly stepMs: number | undefined;
  readonly expectations: readonly Expectation[];
  readonly series: readonly NotedSeries[];
  readonly scalar?: number;
  readonly string?: string;
  /** The samples expected of a range vector: where they stand. */
  readonly raw?: { readonly startMs: number; readonly stepMs: number };
}

export type Command = Load | Evaluation | { readonly kind: 'clear'; readonly line: number };

function time(text: string): number {
  const plain = /^-?\d+(\.\d+)?$/.exec(text);
  if (plain) return Number(text) * 1000;
  const ms = durationMs(text.replace(/^-/, ''));
  if (ms === undefined) throw new Error(`not a time: ${text}`);
  return text.startsWith('-') ? -ms : ms;
}

const evalLine =
  /^eval(?:_(fail|warn|info|ordered))?\s+(?:instant\s+at\s+(\S+)|range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+))\s+(.+)$/;
const expectLine = /^expect\s+(fail|warn|info|no_warn|no_info|ordered)(?:\s+(msg|regex)\s*:\s*(.*))?$/;
const rawLine = /^expect\s+range\s+vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)$/;

function expectation(line: string): Expectation | undefined {
  const old = /^expected_fail_(message|regexp)\s+(.*)$/.exec(line);
  if (old)
    return old[1] === 'message'
      ? { type: 'fail', message: old[2]! }
      : { type: 'fail', pattern: new RegExp(old[2]!) };
  const found = expectLine.exec(line);
  if (!found) return undefined;
  const [, type, how, text] = found;
  return {
    type: type as Expectation['type'],
    ...(how === 'msg' && { message: text! }),
    ...(how === 'regex' && { pattern: new RegExp(text!) }),
  };
}

function evaluation(head: RegExpExecArray, line: number, body: readonly string[]): Evaluation {
  const [text, old, at, from, to, step, query] = head;
  const expectations: Expectation[] = old ? [{ type: old as Expectation['type'] }] : [];
  const series: NotedSeries[] = [];
  let scalar: number | undefined;
  let string: string | undefined;
  let raw: Evaluation['raw'];
  for (const each of body) {
    const range = rawLine.exec(each);
    const wanted = expectation(each);
    const literal = /^expect\s+string\s+(["`])(.*)\1$/.exec(each);
    if (range) raw = { startMs: time(range[1]!), stepMs: time(range[3]!) };
    else if (wanted) expectations.push(wanted);
    else if (literal) string = literal[1] === '`' ? literal[2]! : (JSON.parse(`"${literal[2]}"`) as string);
    else if (each.startsWith('expect ')) throw new Error(`line ${line}: not an expectation: ${each}`);
    else if (/^[-+]?(?:Inf|NaN|[\d.]\S*)$/i.test(each)) scalar = notedNumber(each);
    else {
      const noted = notedSeries(each);
      if (!noted) throw new Error(`line ${line}: not a series: ${each}`);
      series.push(noted);
    }
  }
  return {
    kind: 'eval',
    line,
    text,
    query: query!,
    startMs: time(at ?? from!),
    endMs: time(at ?? to!),
    stepMs: step === undefined ? undefined : time(step),
    expectations,
    series,
    ...(scalar !== undefined && { scalar }),
    ...(string !== undefined && { string }),
    ...(raw && { raw }),
  };
}

/** The commands of a file in Prometheus' test language (promql/promqltest/README.md of Prometheus). */
export function readScript(text: string): Command[] {
  const lines = text.split('\n').map(line => (line.trim().startsWith('#') ? '' : line.trim()));
  const out: Command[] = [];
  for (let i = 0; i < lines.length; i++) {
    const head = lines[i]!;
    if (head === '') continue;
    const line = i + 1;
    if (/^clear\b/.test(head)) {
      out.push({ kind: 'clear', line });
      continue;
    }
    const body: string[] = [];
    while (i + 1 < lines.length && lines[i + 1] !== '') body.push(lines[++i]!);
    const load = /^load(_with_nhcb)?\s+(\S+)$/.exec(head);
    if (load) {
      const series = body.map(each => {
        const noted = notedSeries(each);
        if (!noted) throw new Error(`line ${line}: not a series: ${each}`);
        return noted;
      });
      out.push({
        kind: 'load',
        line,
        intervalMs: time(load[2]!),
        series,
        withCustomBuckets: load[1] !== undefined,
      });
      continue;
    }
    const evaluated = evalLine.exec(head);
    if (!evaluated) throw new Error(`line ${line}: not a command: ${head}`);
    out.push(evaluation(evaluated, line, body));
  }
  return out;
}
