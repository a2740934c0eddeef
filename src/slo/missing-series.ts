import { type Expr, format, parse } from './promql.ts';
import { selectorsIn } from './window-query.ts';

/** Which series there are, as a source of metrics tells. */
export interface SeriesListing {
  series(selectors: readonly string[]): Promise<readonly Readonly<Record<string, string>>[]>;
  labelValues(name: string, selectors?: readonly string[]): Promise<readonly string[]>;
}

/**
 * Why a query's selectors find nothing: no such metric, or the one label that agrees with no series, with the values
 * that there are. A selector by which errors are told (`may be absent`) may find nothing while nothing fails, but its
 * labels must be there.
 */
export async function missingSeries(
  listing: SeriesListing,
  query: string,
  mayBeAbsent: boolean,
): Promise<string[]> {
  const found: string[] = [];
  for (const selector of selectorsIn(query)) {
    if ((await listing.series([selector])).length > 0) continue;
    const problem = await whyNothing(listing, selector, mayBeAbsent);
    if (problem !== undefined) found.push(problem);
  }
  return found;
}

async function whyNothing(
  listing: SeriesListing,
  text: string,
  mayBeAbsent: boolean,
): Promise<string | undefined> {
  const selector = parse(text) as Extract<Expr, { kind: 'vector-selector' }>;
  const matchers = selector.matchers.filter(matcher => matcher.name !== '__name__');
  const name = selector.matchers.find(matcher => matcher.name === '__name__');
  if (name !== undefined && (await listing.series([format({ ...selector, matchers: [name] })])).length === 0)
    return `${text} finds nothing: there is no metric ${name.value}.`;
  for (const matcher of matchers) {
    const others = format({ ...selector, matchers: selector.matchers.filter(one => one !== matcher) });
    const values = await listing.labelValues(matcher.name, [others]);
    if (values.length === 0 && (await listing.series([others])).length > 0)
      return `${text} finds nothing: the series have no label ${matcher.name}.`;
    // Failures that have never happened have no series yet: that is fine as long as the label is there.
    if (values.length > 0 && !mayBeAbsent)
      return `${text} finds nothing: ${matcher.name} has the values ${[...values].sort().slice(0, 8).join(', ')}${values.length > 8 ? ', …' : ''}.`;
  }
  return mayBeAbsent ? undefined : `${text} finds nothing.`;
}
