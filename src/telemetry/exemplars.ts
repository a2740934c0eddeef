import { epochMs, Fault } from '../kernel/index.ts';
import type { SeriesExemplars } from './exemplar.ts';
import type { Window } from './metrics.ts';
import { type Matcher, PromqlError, parse, selectorsOf } from './promql/index.ts';
import { promqlFault } from './promql-fault.ts';
import type { SeriesIndex } from './series-index.ts';
import { isOfSpans, spanExemplars } from './span-exemplars.ts';
import type { Store } from './store.ts';

const mostSeries = 10_000;
const mostExemplars = 10_000;

interface Row {
  id: number;
  at: number;
  value: number | null;
  trace: string;
  span: string;
  attributes: Record<string, string>;
}

/** The exemplars of all series that agree with any of the selectors, by series and time. Throws `too_large`. */
export async function exemplarsOf(
  store: Store,
  index: SeriesIndex,
  selectors: readonly (readonly Matcher[])[],
  fromMs: number,
  toMs: number,
): Promise<SeriesExemplars[]> {
  const chosen = new Set(selectors.flatMap(matchers => index.select(matchers, fromMs, toMs)));
  if (chosen.size === 0) return [];
  if (chosen.size > mostSeries)
    throw new Fault('too_large', `The selectors name ${chosen.size} series; ${mostSeries} are the most.`, {
      hint: 'Add matchers that narrow it.',
    });
  const { spans = [], stored = [] } = Object.groupBy(chosen, one => (isOfSpans(one) ? 'spans' : 'stored'));
  const ofSpans = await spanExemplars(store, spans, fromMs, toMs);
  if (stored.length === 0) return ofSpans;
  const rows = await store.query<Row>(
    `SELECT id, toUnixTimestamp64Milli(ts) AS at, value, trace_id AS trace, span_id AS span, attributes
     FROM nines_exemplars
     WHERE id IN (${stored.map(({ id }) => id).join(',')})
       AND ts >= fromUnixTimestamp64Milli({from:Int64}) AND ts <= fromUnixTimestamp64Milli({to:Int64})
     ORDER BY id, ts LIMIT 1 BY id, ts, trace_id`,
    // DateTime64 ends in 2299.
    { from: Math.max(0, Math.floor(fromMs)), to: Math.min(Math.ceil(toMs), 10_000_000_000_000) },
    { maxRows: mostExemplars },
  );
  const kept = [...Map.groupBy(rows, ({ id }) => id)].flatMap(([id, found]) => {
    const series = index.byId(id)?.labels;
    if (series === undefined) return [];
    const exemplars = found.map(({ at, value, trace, span, attributes }) => ({
      at,
      value: value ?? Number.NaN,
      labels: {
        ...attributes,
        ...(trace === '' ? {} : { trace_id: trace }),
        ...(span === '' ? {} : { span_id: span }),
      },
    }));
    return [{ series, exemplars }];
  });
  return [...kept, ...ofSpans];
}

/** Exemplars of all series that an expression asks, with the buckets of its histograms. Throws `invalid`, `too_large`. */
export function exemplarsFor(
  store: Store,
  index: SeriesIndex,
  query: string,
  { from, to }: Window,
): Promise<SeriesExemplars[]> {
  const selectors = withBuckets(selectorsIn(query));
  return exemplarsOf(store, index, selectors, epochMs(from), epochMs(to));
}

function selectorsIn(query: string): (readonly Matcher[])[] {
  try {
    return selectorsOf(parse(query)).map(({ matchers }) => matchers);
  } catch (error) {
    if (!(error instanceof PromqlError)) throw error;
    throw promqlFault('invalid', error.message, query, { cause: error });
  }
}

/**
 * The selectors, and beside those of a histogram's count, sum or name those of its buckets: that is where a histogram's
 * exemplars are.
 */
function withBuckets(selectors: readonly (readonly Matcher[])[]): (readonly Matcher[])[] {
  return selectors.flatMap(matchers => {
    const name = matchers.find(one => one.name === '__name__' && one.op === '=');
    if (name === undefined || name.value.endsWith('_bucket')) return [matchers];
    const bucket = { ...name, value: `${name.value.replace(/_(count|sum)$/, '')}_bucket` };
    return [matchers, matchers.map(one => (one === name ? bucket : one))];
  });
}
