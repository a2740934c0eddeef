import { glob, readFile, stat } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { Fault, messageOf, problemsText } from '../../kernel/index.ts';
import { prometheusMs, type ScrapeConfig, TargetGroup } from './config.ts';
import { credentialHeaders } from './credentials.ts';
import { boundedText } from './request.ts';

const Groups = z.array(TargetGroup).max(10_000);
/** Files of one pattern, and bytes of one list. */
const mostFiles = 1000;
const mostBytes = 8 * 1024 * 1024;

export type DiscoveredGroup = TargetGroup & { meta?: Record<string, string> };

/** One way of finding targets. What it found last counts while it fails. */
export interface Discovery {
  everyMs: number;
  find(signal: AbortSignal): Promise<DiscoveredGroup[]>;
}

/** How a job finds its targets. */
export function discoveriesOf(job: ScrapeConfig, fetching: typeof fetch): Discovery[] {
  return [
    ...job.file_sd_configs.map(({ files, refresh_interval: every }) => ({
      everyMs: prometheusMs(every),
      find: () => fromFiles(files),
    })),
    ...job.http_sd_configs.map(config => ({
      everyMs: prometheusMs(config.refresh_interval),
      find: (signal: AbortSignal) => fromUrl(config, fetching, signal),
    })),
  ];
}

async function fromFiles(patterns: readonly string[]): Promise<DiscoveredGroup[]> {
  const files = new Set<string>();
  for (const pattern of patterns)
    for await (const file of glob(pattern)) {
      files.add(file);
      if (files.size > mostFiles)
        throw new Fault('too_large', `More than ${mostFiles} files agree with ${pattern}.`);
    }
  const all: DiscoveredGroup[] = [];
  for (const file of [...files].sort()) {
    if ((await stat(file)).size > mostBytes)
      throw new Fault('too_large', `The list of targets ${file} is larger than ${mostBytes} bytes.`);
    // YAML takes JSON as it is.
    const text = await readFile(file, 'utf8');
    for (const group of groupsOf(file, () => parse(text, { maxAliasCount: 100 })))
      all.push({ ...group, meta: { __meta_filepath: file } });
  }
  return all;
}

async function fromUrl(
  config: ScrapeConfig['http_sd_configs'][number],
  fetching: typeof fetch,
  signal: AbortSignal,
): Promise<DiscoveredGroup[]> {
  const response = await fetching(config.url, {
    headers: {
      accept: 'application/json',
      'user-agent': 'nines',
      'x-prometheus-refresh-interval-seconds': String(prometheusMs(config.refresh_interval) / 1000),
      ...(await credentialHeaders(config)),
    },
    signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
  });
  const text = await boundedText(response, mostBytes);
  if (response.status !== 200)
    throw new Fault('unavailable', `${config.url} answered with ${response.status}.`);
  return groupsOf(config.url, () => JSON.parse(text)).map(group => ({
    ...group,
    meta: { __meta_url: config.url },
  }));
}

/** A list of target groups. Throws `invalid`. */
function groupsOf(where: string, read: () => unknown): TargetGroup[] {
  try {
    return Groups.parse(read() ?? []);
  } catch (cause) {
    const why = cause instanceof z.ZodError ? problemsText(cause) : messageOf(cause);
    throw new Fault('invalid', `${where} is not a list of targets: ${why.slice(0, 300)}`, { cause });
  }
}
