import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Nines's own metrics, in Prometheus's exposition. Names start with `nines_`. */
export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): Counter<string>;
  gauge(name: string, help: string, labels?: readonly string[]): Gauge<string>;
  /** Seconds, with buckets from 1 ms to 30 s. */
  histogram(name: string, help: string, labels?: readonly string[]): Histogram<string>;
  /** The exposition text and its content type. */
  expose(): Promise<{ contentType: string; text: string }>;
}

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Nines's own metrics, in a registry of their own; with `process` those of the Node process too. */
export function createMetrics(options: { process?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.process) collectDefaultMetrics({ register: registry, prefix: 'nines_' });
  return {
    counter: (name, help, labels = []) =>
      new Counter({ name, help, labelNames: [...labels], registers: [registry] }),
    gauge: (name, help, labels = []) =>
      new Gauge({ name, help, labelNames: [...labels], registers: [registry] }),
    histogram: (name, help, labels = []) =>
      new Histogram({ name, help, labelNames: [...labels], buckets: BUCKETS, registers: [registry] }),
    expose: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
