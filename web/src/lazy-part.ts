import { type ComponentType, type LazyExoticComponent, lazy } from 'react';

type Load<P> = () => Promise<ComponentType<P>>;

const waiting: Load<never>[] = [];

/** A part of the console that is fetched when it is first shown; an `Arriving` around it says what is there until then. */
export function lazyPart<P>(load: Load<P>): LazyExoticComponent<ComponentType<P>> {
  waiting.push(load as Load<never>);
  return lazy(async () => ({ default: await load() }));
}

/**
 * Fetches the parts that were not needed yet, one after the other, so that what is on the page comes first: a console
 * that was opened works on while the server is away.
 */
export async function fetchAhead(): Promise<void> {
  // What cannot be fetched now is tried again when it is needed, and says so then.
  for (const load of waiting.splice(0)) await load().catch(() => undefined);
}
