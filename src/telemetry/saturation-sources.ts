import { computeSources } from './saturation-compute.ts';
import type { SaturationSource } from './saturation-source.ts';
import { storeSources } from './saturation-stores.ts';

/**
 * Where the saturation of a service is read from. Names of metrics: https://opentelemetry.io/docs/specs/semconv/ (runtime,
 * process, database, http, system; as Prometheus spells them, https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/),
 * https://prometheus.io/docs/instrumenting/writing_clientlibs/#standard-and-runtime-collectors (process_*, and what the
 * libraries for Go, Java, Node and Python add), https://docs.micrometer.io/micrometer/reference/reference/jvm.html,
 * https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md,
 * https://github.com/prometheus/node_exporter, https://github.com/prometheus-community/postgres_exporter,
 * https://github.com/prometheus/mysqld_exporter, https://github.com/oliver006/redis_exporter,
 * https://github.com/danielqsj/kafka_exporter. The first of a resource that answers is taken.
 */
export const saturationSources: readonly SaturationSource[] = [...computeSources, ...storeSources];
