import type { MetricsSource, QueryEngine } from '../metrics.ts';
import type { MetricsConfig } from './config.ts';
import { PrometheusMetrics } from './prometheus.ts';
import { RoutedMetrics } from './routed.ts';

type Source = MetricsSource & QueryEngine;

/** Where metrics are asked for, as the configuration says; without one, the own store. */
export function chosenSource(own: Source, config: MetricsConfig | undefined): Source {
  if (config === undefined) return own;
  const fallback = config.default === undefined ? own : new PrometheusMetrics('prometheus', config.default);
  const services = Object.entries(config.services).map(
    ([service, source]) => [service, new PrometheusMetrics(`prometheus of ${service}`, source)] as const,
  );
  return services.length === 0 ? fallback : new RoutedMetrics(fallback, new Map(services));
}
