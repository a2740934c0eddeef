import type { CardinalityConfig } from './cardinality.ts';
import type { DiskConfig } from './disk.ts';
import type { DownsamplingConfig } from './downsampling.ts';
import type { IngestLimits } from './ingest.ts';
import type { DeclaredLogMetric } from './log-counters.ts';
import type { Retention } from './schema.ts';
import type { ScrapingConfig } from './scrape/config.ts';
import type { SeriesLimits } from './series-index.ts';
import type { MetricsConfig } from './sources/config.ts';
import type { Store } from './store.ts';

/** What telemetry is opened over, and how much it takes, keeps and asks for. */
export interface TelemetryOptions {
  store: Store;
  retention?: Retention;
  limits?: Partial<IngestLimits & SeriesLimits>;
  /** Which samples a range of PromQL holds: those of Prometheus 3 (left-open, the default) or of 2.x (closed). */
  ranges?: 'left-open' | 'closed';
  /** Whose metrics are asked for; absent: the own ones. */
  metrics?: MetricsConfig | undefined;
  /** What is scraped; absent: nothing. */
  scrape?: ScrapingConfig | undefined;
  /** The log records that are to be counted, as they are declared now; none if absent. */
  logMetrics?: () => Promise<readonly DeclaredLogMetric[]>;
  /** The embedded store's folder, whose disk is watched. */
  folder?: string | undefined;
  /** How much of the disk telemetry may take. With a ClickHouse server nothing is dropped unless this is given. */
  disk?: DiskConfig | undefined;
  /** How many series there may be. */
  cardinality?: CardinalityConfig | undefined;
  /** How old metrics are kept; absent: as they came. */
  downsampling?: DownsamplingConfig | undefined;
  /** The most memory for samples that are asked again and again, with the embedded engine only. Default 256 MiB. */
  memory?: string;
}
