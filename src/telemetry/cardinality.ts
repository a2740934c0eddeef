import { z } from 'zod';
import { mostLabels } from './label-limits.ts';
import type { Labels } from './promql/labels.ts';

/** How many series there may be, and how fast new ones may come. */
export const CardinalityConfig = z.strictObject({
  series: z
    .int()
    .min(100)
    .max(5_000_000)
    .default(200_000)
    .describe('Series in all; memory grows with it, about 1 KiB each'),
  perMetric: z.int().min(10).max(5_000_000).default(20_000).describe('Series of one metric name'),
  tenantLabel: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no label name')
    .default('job')
    .describe('The label that says whose a series is; for OTLP job is the service'),
  perTenant: z
    .int()
    .min(10)
    .max(5_000_000)
    .default(100_000)
    .describe('Series of one value of that label, so that one sender leaves room for the others'),
  newPerMinute: z
    .int()
    .min(10)
    .max(5_000_000)
    .default(50_000)
    .describe('New series in a minute, of all senders'),
  labels: z.int().min(5).max(mostLabels).default(mostLabels).describe('Labels of one series'),
});
export type CardinalityConfig = z.infer<typeof CardinalityConfig>;

export type RefusalReason = 'series' | 'metric' | 'tenant' | 'rate' | 'labels';

/** What was refused of a metric. */
export interface Refused {
  metric: string;
  reason: RefusalReason;
  /** How many times a series was refused: one that is sent again counts again. */
  count: number;
  /** Epoch milliseconds. */
  first: number;
  last: number;
  sentence: string;
}

/** Metrics whose refusals are remembered one by one. */
const mostRefused = 1_000;

/** Counts series as they come and go, and says which new ones may not come. */
export class CardinalityGuard {
  readonly config: CardinalityConfig;
  readonly #now: () => number;
  readonly #tenants = new Map<string, number>();
  readonly #refused = new Map<string, Refused>();
  readonly #onRefused: (reason: RefusalReason, count: number) => void;
  #minute = 0;
  #newInMinute = 0;

  constructor(
    config: CardinalityConfig,
    now: () => number = () => 0,
    onRefused: (reason: RefusalReason, count: number) => void = () => {},
  ) {
    this.config = config;
    this.#now = now;
    this.#onRefused = onRefused;
  }

  /** Notes that a series is there; `fresh` when it was not before. */
  added(labels: Labels, fresh: boolean): void {
    const tenant = this.#tenantOf(labels);
    this.#tenants.set(tenant, (this.#tenants.get(tenant) ?? 0) + 1);
    if (!fresh) return;
    this.#turnMinute();
    this.#newInMinute += 1;
  }

  removed(labels: Labels): void {
    const tenant = this.#tenantOf(labels);
    const left = (this.#tenants.get(tenant) ?? 1) - 1;
    if (left > 0) this.#tenants.set(tenant, left);
    else this.#tenants.delete(tenant);
  }

  /** Why `more` new series of these labels may not come, as a sentence that names the metric; noted as refused. */
  refusal(labels: Labels, more: number, inAll: number, ofMetric: number): string | undefined {
    const { series, perMetric, perTenant, tenantLabel, newPerMinute, labels: most } = this.config;
    const metric = labels.__name__ ?? '';
    const tenant = this.#tenantOf(labels);
    this.#turnMinute();
    const refuse = (reason: RefusalReason, sentence: string) => {
      this.#note(metric, reason, sentence);
      return sentence;
    };
    const count = Object.keys(labels).length;
    if (count > most)
      return refuse('labels', `A series of ${metric} has ${count} labels, and ${most} are the most.`);
    if (ofMetric + more > perMetric)
      return refuse(
        'metric',
        `The metric ${metric} has ${ofMetric} series, and ${perMetric} are the most of one metric.`,
      );
    const own = this.#tenants.get(tenant) ?? 0;
    if (own + more > perTenant)
      return refuse(
        'tenant',
        `There is no room for another series of ${metric}: ${labels[tenantLabel] === undefined ? 'the service ' : `${tenantLabel}=`}"${tenant.slice(0, 100)}" has ${own}, and ${perTenant} are the most of one.`,
      );
    if (inAll + more > series)
      return refuse(
        'series',
        `There is no room for another series of ${metric}: ${inAll} are known, and ${series} are the most.`,
      );
    if (this.#newInMinute + more > newPerMinute)
      return refuse(
        'rate',
        `No new series of ${metric} in this minute: ${this.#newInMinute} came already, and ${newPerMinute} are the most.`,
      );
    return undefined;
  }

  /** What was refused since then, the most first. */
  refusedSince(since: number): Refused[] {
    return [...this.#refused.values()].filter(({ last }) => last >= since).sort((a, b) => b.count - a.count);
  }

  get tenants(): ReadonlyMap<string, number> {
    return this.#tenants;
  }

  /** What Nines makes of spans and logs has no job, but the name of its service, which for OTLP is the job. */
  #tenantOf(labels: Labels): string {
    const { tenantLabel } = this.config;
    return (
      labels[tenantLabel] ??
      (tenantLabel === 'job' ? (labels.service_name ?? labels.service) : undefined) ??
      ''
    );
  }

  #turnMinute(): void {
    const minute = Math.floor(this.#now() / 60_000);
    if (minute === this.#minute) return;
    this.#minute = minute;
    this.#newInMinute = 0;
  }

  #note(metric: string, reason: RefusalReason, sentence: string): void {
    this.#onRefused(reason, 1);
    const now = this.#now();
    const known = this.#refused.get(metric);
    if (known !== undefined) Object.assign(known, { reason, sentence, last: now, count: known.count + 1 });
    else if (this.#refused.size < mostRefused)
      this.#refused.set(metric, { metric, reason, count: 1, first: now, last: now, sentence });
  }
}
