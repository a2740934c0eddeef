import { epochMs, Fault, type Instant, instant, nearest, timeOfDay } from '../kernel/index.ts';
import type { Resource } from './resource.ts';
import { Service } from './service.ts';

interface Window {
  from: Instant;
  to: Instant;
}

/** Services as telemetry names them. Windows include `from` and leave out `to`. */
export interface SeenServices {
  has(name: string, window: Window): Promise<boolean>;
  names(window: Window): Promise<readonly string[]>;
}

const DAY_MS = 24 * 3_600_000;
const mostNamed = 12;

/**
 * Tells a quiet service from a name that nothing has: an answer that is empty because of a typing mistake must not look
 * like silence. Known is what is declared, and what telemetry of the window has.
 */
export class KnownServices {
  readonly #declared: () => Promise<readonly Resource[]>;
  readonly #seen: SeenServices;

  constructor(catalog: { all(): Promise<readonly Resource[]> }, seen: SeenServices) {
    this.#declared = () => catalog.all();
    this.#seen = seen;
  }

  /** For an answer that is empty: throws `not_found` with the nearest names if no such service is known. */
  async expect(name: string | undefined, window: Window): Promise<void> {
    if (name === undefined) return;
    const declared = namesDeclared(await this.#declared());
    if (declared.has(name) || (await this.#seen.has(name, window))) return;
    const known = [...new Set([...declared, ...(await this.#seen.names(window))])].sort();
    const near = nearest(name, known);
    throw new Fault(
      'not_found',
      `No service '${name.slice(0, 80)}' is known: nothing declares it, and no telemetry ${windowText(window)} has it.`,
      {
        field: 'service',
        hint: `${near === undefined ? namesText(known) : `Did you mean ${near}?`} nines service list has what is declared, nines telemetry services --last 24h what sends.`,
      },
    );
  }

  /** The same where no window is asked for: telemetry of the last day counts. */
  expectRecent(name: string | undefined, now: Instant): Promise<void> {
    return this.expect(name, { from: instant(epochMs(now) - DAY_MS), to: now });
  }
}

function namesDeclared(resources: readonly Resource[]): Set<string> {
  const names = resources.flatMap(({ kind, metadata, spec }) => {
    const { service, telemetryName } = spec as { service?: unknown; telemetryName?: unknown };
    // A Service of either dialect; and what an objective, a probe or another resource is about.
    return kind === Service.kind ? [metadata.name, telemetryName] : [service];
  });
  return new Set(names.filter(name => typeof name === 'string'));
}

function namesText(known: readonly string[]): string {
  if (known.length === 0) return 'None is known yet.';
  const more = known.length > mostNamed ? ` and ${known.length - mostNamed} more` : '';
  return `Known: ${known.slice(0, mostNamed).join(', ')}${more}.`;
}

/** `from 19:32 to 19:47 UTC`, with the dates where they are not one day. */
function windowText({ from, to }: Window): string {
  const oneDay = from.slice(0, 10) === to.slice(0, 10);
  const text = (at: Instant) => (oneDay ? timeOfDay(at) : at.slice(0, 16).replace('T', ' '));
  return `from ${text(from)} to ${text(to)} UTC`;
}
