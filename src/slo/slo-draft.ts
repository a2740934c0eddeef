import { humanDuration } from '../kernel/index.ts';
import {
  type LatencySignal,
  type LevelSignal,
  queryOf,
  type RequestSignal,
  selector,
  type UptimeSignal,
} from './signals/signal.ts';

/** An SLO before its target is known. */
export interface SloDraft {
  name: string;
  kind: 'availability' | 'latency' | 'uptime' | 'freshness' | 'backlog' | 'throughput';
  title: string;
  /** What is promised, as it follows `99.9 %`. */
  says: string;
  /** What is counted, in the plural. */
  noun: string;
  indicator: object;
  objective?: object;
  /** What was taken for granted, for a person to check. */
  notes: string[];
}

const LONGEST = 63;

/** As resources and services are named: shop/Checkout_API is shop-checkout-api. */
export function slug(name: string): string {
  const text = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return text.slice(0, LONGEST).replaceAll(/^-+|-+$/g, '') || 'service';
}

function named(service: string, ending: string): { name: string; title: string } {
  const room = LONGEST - ending.length - 1;
  return {
    name: `${slug(service).slice(0, room).replace(/-+$/, '')}-${ending}`,
    title: `${service} ${ending.replaceAll('-', ' ')}`.slice(0, LONGEST),
  };
}

/** A second protocol or kind of work is told apart by its name. */
function ending(family: RequestSignal['family'], what: string, first: boolean): string {
  return first || family === 'http' ? what : `${family}-${what}`;
}

export function requestDraft(service: string, signal: RequestSignal, first: boolean): SloDraft {
  const { all, bad, noun, well, family, assumes } = signal;
  return {
    ...named(service, ending(family, 'availability', first)),
    kind: 'availability',
    says: `of all ${noun} ${well}`,
    noun,
    indicator: {
      ratioMetric: { counter: true, bad: source(queryOf(bad)), total: source(queryOf(all)) },
    },
    notes: assumes === undefined ? [] : [assumes],
  };
}

/** How many were within a bound, and how many there were, as queries. */
export function latencyQueries(
  { metric, matchers, native }: LatencySignal,
  bound: string,
): { good: string; total: string } {
  if (!native)
    return {
      good: selector(`${metric}_bucket`, matchers, `le="${bound}"`),
      total: selector(`${metric}_count`, matchers),
    };
  const increase = `increase(${selector(metric, matchers)}[{{.window}}])`;
  return {
    // Of nothing there is no share: a quiet time has nothing good and nothing in all.
    good: `sum((histogram_fraction(0, ${bound}, ${increase}) >= 0) * histogram_count(${increase})) or sum(histogram_count(${increase}) == 0)`,
    total: `sum(histogram_count(${increase}))`,
  };
}

export function latencyDraft(
  service: string,
  signal: LatencySignal,
  bound: string,
  first: boolean,
): SloDraft {
  const { good, total } = latencyQueries(signal, bound);
  const ms = Number((Number(bound) * signal.unitMs).toPrecision(6));
  return {
    ...named(service, ending(signal.family, 'latency', first)),
    kind: 'latency',
    says: `of all ${signal.noun} take at most ${ms < 10_000 ? `${ms} ms` : humanDuration(ms)}`,
    noun: signal.noun,
    indicator: { ratioMetric: { counter: true, good: source(good), total: source(total) } },
    notes:
      signal.family === 'spans' ? ['Measured from spans: sampling before they arrive thins them out.'] : [],
  };
}

export function uptimeDraft(service: string, signal: UptimeSignal): SloDraft {
  const { what, gauge, attempts, failures, by } = signal;
  return {
    ...named(service, 'uptime'),
    kind: 'uptime',
    says: `of all ${what}, succeed`,
    noun: attempts === undefined ? 'looks' : 'probes',
    indicator: {
      ratioMetric:
        attempts === undefined
          ? { counter: false, good: source(`sum(${gauge})`), total: source(`count(${gauge})`) }
          : { counter: true, bad: source(failures!), total: source(attempts) },
    },
    notes:
      by === 'scrape'
        ? ['That a process answers its scrape is not what users feel: a probe from outside is better.']
        : [],
  };
}

export function levelDraft(service: string, signal: LevelSignal, bound: number): SloDraft {
  const { kind, expr, op, says } = signal;
  return {
    ...named(service, kind === 'quantile' ? 'latency' : kind),
    kind: kind === 'quantile' ? 'latency' : kind,
    says: `of all minutes ${says.replace('{bound}', boundText(signal, bound))}`,
    noun: 'minutes',
    indicator: { thresholdMetric: source(expr) },
    objective: { op, value: bound },
    notes: [],
  };
}

export function boundText({ unit, kind, op }: LevelSignal, bound: number): string {
  if (unit === 'ms' || (unit === 's' && bound < 1))
    return `${Number((unit === 'ms' ? bound : bound * 1000).toPrecision(4))} ms`;
  if (unit === 's') return humanDuration(bound * 1000);
  const text = bound.toLocaleString('en', { maximumFractionDigits: 6 });
  return kind === 'throughput' || op === 'gte' ? `${text} a second of` : text;
}

function source(query: string) {
  return { metricSource: { type: 'Prometheus', spec: { query } } };
}
