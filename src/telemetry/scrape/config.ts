import { z } from 'zod';
import { durationMs } from '../promql/index.ts';
import { Credentials, resolvedCredentials } from './credentials.ts';
import { KubernetesDiscovery, resolvedKubernetes } from './kubernetes/config.ts';
import { RelabelConfig } from './relabel.ts';
import { resolvedTls, TlsConfig } from './tls.ts';

/** A duration in Prometheus's notation, as `1m30s`. */
const PrometheusDuration = z
  .string()
  .refine(text => (durationMs(text) ?? 0) > 0, 'expected a duration, as 15s or 1m30s');
const ms = (text: string) => durationMs(text)!;

const LabelSet = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no label name'),
  z.coerce.string(),
);

export const TargetGroup = z.object({
  targets: z.array(z.string().min(1).max(1024)).max(10_000),
  labels: LabelSet.default({}),
});
export type TargetGroup = z.infer<typeof TargetGroup>;

const FileDiscovery = z.strictObject({
  files: z.array(z.string().min(1)).min(1).max(100).describe('Paths or globs of YAML or JSON files'),
  refresh_interval: PrometheusDuration.default('5m'),
});
const HttpDiscovery = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  refresh_interval: PrometheusDuration.default('1m'),
  ...Credentials.shape,
});

/** One scrape configuration, in Prometheus's own words, so that a section of its file can be put here as it is. */
export const ScrapeConfig = z.strictObject({
  job_name: z.string().min(1).max(256),
  scrape_interval: PrometheusDuration.optional(),
  scrape_timeout: PrometheusDuration.optional(),
  metrics_path: z.string().startsWith('/').default('/metrics'),
  scheme: z.enum(['http', 'https']).default('http'),
  params: z.record(z.string(), z.array(z.string())).default({}),
  honor_labels: z.boolean().default(false),
  honor_timestamps: z.boolean().default(true),
  sample_limit: z.int().min(0).default(0).describe('0: none'),
  target_limit: z.int().min(0).max(10_000).default(0).describe('0: 10,000, which is the most'),
  body_size_limit: z
    .int()
    .min(1)
    .default(16 * 1024 * 1024)
    .describe('Bytes of an answer, unpacked'),
  ...Credentials.shape,
  tls_config: TlsConfig.optional(),
  static_configs: z.array(TargetGroup.strict()).max(1000).default([]),
  file_sd_configs: z.array(FileDiscovery).max(100).default([]),
  http_sd_configs: z.array(HttpDiscovery).max(100).default([]),
  kubernetes_sd_configs: z.array(KubernetesDiscovery).max(20).default([]),
  relabel_configs: z.array(RelabelConfig).max(200).default([]),
  metric_relabel_configs: z.array(RelabelConfig).max(200).default([]),
});
export type ScrapeConfig = z.infer<typeof ScrapeConfig>;

/** What Nines scrapes itself. */
export const ScrapingConfig = z
  .strictObject({
    global: z
      .strictObject({
        scrape_interval: PrometheusDuration.default('1m'),
        scrape_timeout: PrometheusDuration.default('10s'),
      })
      .prefault({}),
    scrape_configs: z.array(ScrapeConfig).max(500).default([]),
  })
  .superRefine(({ global, scrape_configs: jobs }, context) => {
    const seen = new Set<string>();
    for (const [index, job] of jobs.entries()) {
      const path = ['scrape_configs', index];
      if (seen.has(job.job_name))
        context.addIssue({
          code: 'custom',
          message: `there are two jobs '${job.job_name}'`,
          path: [...path, 'job_name'],
        });
      seen.add(job.job_name);
      const { intervalMs, timeoutMs } = timesOf(job, global);
      if (timeoutMs > intervalMs)
        context.addIssue({
          code: 'custom',
          message: 'the timeout is longer than the interval',
          path: [...path, 'scrape_timeout'],
        });
    }
  });
export type ScrapingConfig = z.infer<typeof ScrapingConfig>;

/** The configuration with the paths of its files resolved, as they are relative to its own folder. */
export function resolvedFiles(config: ScrapingConfig, resolve: (path: string) => string): ScrapingConfig {
  return {
    ...config,
    scrape_configs: config.scrape_configs.map(job => ({
      ...job,
      ...resolvedCredentials(job, resolve),
      ...(job.tls_config === undefined ? {} : { tls_config: resolvedTls(job.tls_config, resolve) }),
      file_sd_configs: job.file_sd_configs.map(one => ({ ...one, files: one.files.map(resolve) })),
      http_sd_configs: job.http_sd_configs.map(one => ({ ...one, ...resolvedCredentials(one, resolve) })),
      kubernetes_sd_configs: job.kubernetes_sd_configs.map(one => resolvedKubernetes(one, resolve)),
    })),
  };
}

/** Interval and timeout of a job in ms. A timeout that is not given is at most the interval. */
export function timesOf(
  job: Pick<ScrapeConfig, 'scrape_interval' | 'scrape_timeout'>,
  global: ScrapingConfig['global'],
): { intervalMs: number; timeoutMs: number } {
  const intervalMs = ms(job.scrape_interval ?? global.scrape_interval);
  const timeoutMs =
    job.scrape_timeout === undefined
      ? Math.min(ms(global.scrape_timeout), intervalMs)
      : ms(job.scrape_timeout);
  return { intervalMs, timeoutMs };
}

export { ms as prometheusMs };
