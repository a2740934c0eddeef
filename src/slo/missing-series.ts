import { type DurationText, Fault, type Instant } from '../kernel/index.ts';
import { type Expr, format, parse } from './promql.ts';
import type { Metrics } from './readings.ts';
import { selectorsIn } from './window-query.ts';

/** In what time samples count as there: over so long, as `1h`, until an instant. */
interface Lately {
  at: Instant;
  over: DurationText;
}

/** Which series there are, as a source of metrics tells. */
export interface SeriesListing {
  series(selectors: readonly string[]): Promise<readonly Readonly<Record<string, string>>[]>;
  labelValues(name: string, selectors?: readonly string[]): Promise<readonly string[]>;
}

/** Asked by PromQL as well: what a source lists may be days old. */
export type LiveSeries = Pick<SeriesListing, 'series'> & Pick<Metrics, 'instant'>;

/** What is wrong with the selectors of a query, and what cannot be told of them. */
export interface Missing {
  problems: string[];
  notes: string[];
}

/**
 * Why a query's selectors find nothing of late: no such metric, or the one label that agrees with no series, with the
 * values that there are. A selector by which errors are told (`may be absent`) may find nothing while nothing fails, but
 * its labels must be there. Series that came once and come no more are as good as none.
 */
export async function missingSeries(
  live: LiveSeries,
  query: string,
  mayBeAbsent: boolean,
  lately: Lately,
): Promise<Missing> {
  const found: Missing = { problems: [], notes: [] };
  for (const selector of selectorsIn(query)) {
    if (await cameLately(live, selector, lately)) continue;
    const problem = await whyNothing(live, selector, mayBeAbsent, lately);
    if (problem !== undefined) found.problems.push(problem);
    else if (!(await everCame(live, selector)))
      found.notes.push(
        `${selector} has never counted anything. Its labels are there; that it finds failures is proven only by one.`,
      );
  }
  return found;
}

async function whyNothing(
  live: LiveSeries,
  text: string,
  mayBeAbsent: boolean,
  lately: Lately,
): Promise<string | undefined> {
  const selector = parse(text) as Extract<Expr, { kind: 'vector-selector' }>;
  const matchers = selector.matchers.filter(matcher => matcher.name !== '__name__');
  const name = selector.matchers.find(matcher => matcher.name === '__name__');
  const nothing = `${text} finds nothing`;
  if (name !== undefined) {
    const metric = format({ ...selector, matchers: [name] });
    if (!(await cameLately(live, metric, lately)))
      return (await everCame(live, metric))
        ? `${nothing}: ${name.value} came once, and has not for ${lately.over}. Look at what exports or scrapes it.`
        : `${nothing}: there is no metric ${name.value}. nines telemetry metrics lists those that there are.`;
  }
  for (const matcher of matchers) {
    const rest = selector.matchers.filter(one => one !== matcher);
    if (rest.length === 0) continue;
    const others = format({ ...selector, matchers: rest });
    const values = await valuesOf(live, matcher.name, others, lately);
    if (values.length === 0 && (await cameLately(live, others, lately)))
      return `${nothing}: the series have no label ${matcher.name}. Name one that they have.`;
    // Failures that have never happened have no series yet: that is fine as long as the label is there.
    if (values.length > 0 && !mayBeAbsent)
      return `${nothing}: ${matcher.name} has the values ${[...values].sort().slice(0, 8).join(', ')}${values.length > 8 ? ', …' : ''}. Ask for one of these.`;
  }
  return mayBeAbsent
    ? undefined
    : `${nothing}: no one label is to blame. Take its matchers away one by one: nines telemetry query.`;
}

async function cameLately(live: LiveSeries, selector: string, { at, over }: Lately): Promise<boolean> {
  return (await live.instant(`count(present_over_time(${selector}[${over}]))`, at)).samples.length > 0;
}

/** Whether the source has heard of any; so many that it does not list them are some, too. */
async function everCame(live: LiveSeries, selector: string): Promise<boolean> {
  try {
    return (await live.series([selector])).length > 0;
  } catch (error) {
    if (error instanceof Fault && error.code === 'too_large') return true;
    throw error;
  }
}

async function valuesOf(
  live: LiveSeries,
  label: string,
  selector: string,
  { at, over }: Lately,
): Promise<string[]> {
  const name = /^[A-Za-z_]\w*$/.test(label) ? label : JSON.stringify(label);
  const { samples } = await live.instant(`count by (${name}) (present_over_time(${selector}[${over}]))`, at);
  return samples.flatMap(({ labels = {} }) => labels[label] || []);
}
