import { type Call, children, type Expr, type Matcher, unwrapped } from './ast.ts';
import { absent, type Column, copyStep, emptyColumn, type Grid, merged } from './column.ts';
import { type Labels, labelsKey } from './labels.ts';
import { matcherOf, matchersTest } from './pattern.ts';
import { failed } from './promql-error.ts';
import type { Query } from './query.ts';
import { eachSample } from './selector.ts';
import type { Series } from './source.ts';

/** Labels that tell which target a series belongs to; info series are joined on them. */
const identifying = ['instance', 'job'] as const;

/** The second argument of `info`: which info metrics, and which of their labels. */
export function infoMatchers(expr: Call): { names: Matcher[]; data: Matcher[] } {
  const selector = expr.args[1] && unwrapped(expr.args[1]);
  const given = selector?.kind === 'vector-selector' ? selector.matchers : [];
  const names = given.filter(matcher => matcher.name === '__name__');
  const data = given.filter(matcher => matcher.name !== '__name__');
  if (names.length === 0) names.push({ name: '__name__', op: '=', value: 'target_info' });
  else if (names.every(matcher => matcher.op === '!=' || matcher.op === '!~')) {
    names.push({ name: '__name__', op: '=~', value: '.+_info' });
  }
  return { names, data };
}

/** The instants at which info series are read: those at which the base series are. */
export function infoRefs(query: Query, base: Expr, grid: Grid): Float64Array {
  let refs = query.refs({}, grid);
  const walk = (expr: Expr): boolean => {
    const timed = expr.kind === 'matrix-selector' ? expr.selector : expr;
    if (timed.kind === 'vector-selector' || timed.kind === 'subquery') {
      const offset = timed.offset ? query.duration(timed.offset, false) : 0;
      refs = timed.at ? query.refs(timed, grid) : refs.map(ref => ref - offset);
      if (timed.kind === 'vector-selector') return true;
    }
    return children(expr).some(walk);
  };
  walk(base);
  return refs;
}

interface Info {
  readonly labels: Labels;
  readonly name: string;
  /** When the sample was taken that each step sees; NaN for none. */
  readonly times: Float64Array;
}

function identity(labels: Labels): string | undefined {
  if (identifying.every(name => !labels[name])) return undefined;
  return identifying.map(name => labels[name] ?? '').join('\u0001');
}

function infosByIdentity(query: Query, series: readonly Series[], refs: Float64Array): Map<string, Info[]> {
  const out = new Map<string, Info[]>();
  for (const each of series) {
    const key = identity(each.labels);
    if (key === undefined) continue;
    const times = new Float64Array(refs.length).fill(Number.NaN);
    let some = false;
    eachSample(query, each, refs, (step, index) => {
      if (each.histograms?.[index]) {
        throw failed(`this should be an info metric, but is a histogram: ${each.labels.__name__ ?? ''}`);
      }
      times[step] = each.timestamps[index]!;
      some = true;
    });
    if (!some) continue;
    const list = out.get(key) ?? [];
    list.push({ labels: each.labels, name: each.labels.__name__ ?? '', times });
    out.set(key, list);
  }
  return out;
}

/** Of each info metric the series with the newest sample at a step. */
function newest(infos: readonly Info[], step: number): Info[] {
  const best = new Map<string, Info>();
  for (const each of infos) {
    const time = each.times[step]!;
    if (Number.isNaN(time)) continue;
    const known = best.get(each.name);
    if (known && known.times[step] === time) {
      throw failed(`found duplicate series for info metric ${each.name}`);
    }
    if (!known || known.times[step]! < time) best.set(each.name, each);
  }
  return [...best.values()];
}

function enriched(base: Labels, infos: readonly Info[], wanted: ReadonlySet<string> | undefined): Labels {
  const added: Record<string, string> = {};
  for (const { labels } of infos) {
    for (const [name, value] of Object.entries(labels)) {
      if (name === '__name__' || (identifying as readonly string[]).includes(name) || base[name]) continue;
      if (wanted && !wanted.has(name)) continue;
      if (added[name] !== undefined && added[name] !== value) throw failed(`conflicting label: ${name}`);
      added[name] = value;
    }
  }
  return { ...base, ...added };
}

/** `info(v, {…})`: adds the labels of info series that have the same instance and job. */
export function info(query: Query, expr: Call, columns: readonly Column[], grid: Grid): Column[] {
  const { names, data } = infoMatchers(expr);
  const isInfo = matchersTest(names);
  const wanted = data.length > 0 ? new Set(data.map(matcher => matcher.name)) : undefined;
  const optional = data.every(matcher => matcherOf(matcher)(''));
  const infos = infosByIdentity(query, query.infos.get(expr) ?? [], infoRefs(query, expr.args[0]!, grid));
  const out: Column[] = [];
  for (const column of columns) {
    const key = identity(column.labels);
    const candidates = key === undefined ? [] : (infos.get(key) ?? []);
    if (isInfo({ __name__: column.labels.__name__ ?? '' })) out.push(column);
    else if (candidates.length === 0) {
      if (optional) out.push(column);
    } else out.push(...joined(column, candidates, wanted, optional));
  }
  return merged(out, expr.position);
}

function joined(
  column: Column,
  candidates: readonly Info[],
  wanted: ReadonlySet<string> | undefined,
  optional: boolean,
): Column[] {
  const outs = new Map<string, Column>();
  for (let step = 0; step < column.state.length; step++) {
    if (column.state[step] === absent) continue;
    const found = newest(candidates, step);
    if (found.length === 0 && !optional) continue;
    const labels = enriched(column.labels, found, wanted);
    const key = labelsKey(labels);
    let out = outs.get(key);
    if (!out) {
      out = emptyColumn(labels, column.state.length);
      if (column.nameless) out.nameless = true;
      outs.set(key, out);
    }
    copyStep(column, out, step);
  }
  return [...outs.values()];
}
