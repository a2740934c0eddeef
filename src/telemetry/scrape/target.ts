import { durationMs, durationText } from '../promql/index.ts';
import type { ScrapeConfig, TargetGroup } from './config.ts';
import { relabel } from './relabel.ts';

/** Something to scrape: where, how often, and the labels that its series get. */
export interface Target {
  /** Equal for targets that are the same: their labels and where they are. */
  key: string;
  discovered: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  url: string;
  intervalMs: number;
  timeoutMs: number;
}

export interface Targets {
  active: Target[];
  /** The discovered labels of what relabelling dropped. */
  dropped: Readonly<Record<string, string>>[];
  problems: string[];
}

/** Targets of a job from what was discovered, once each. */
export function targetsOf(
  job: ScrapeConfig,
  times: { intervalMs: number; timeoutMs: number },
  groups: readonly (TargetGroup & { meta?: Readonly<Record<string, string>> })[],
): Targets {
  const active = new Map<string, Target>();
  const out: Targets = { active: [], dropped: [], problems: [] };
  for (const { targets, labels, meta = {} } of groups)
    for (const address of targets) {
      const discovered = {
        job: job.job_name,
        __scheme__: job.scheme,
        __metrics_path__: job.metrics_path,
        __scrape_interval__: durationText(times.intervalMs),
        __scrape_timeout__: durationText(times.timeoutMs),
        ...Object.fromEntries(
          Object.entries(job.params).flatMap(([name, [value]]) =>
            value === undefined ? [] : [[`__param_${name}`, value]],
          ),
        ),
        ...meta,
        ...labels,
        __address__: address,
      };
      const kept = relabel(discovered, job.relabel_configs);
      if (kept === undefined || kept.__address__ === undefined) {
        out.dropped.push(discovered);
        continue;
      }
      const target = targetOf(job, discovered, kept);
      if (typeof target === 'string') out.problems.push(target);
      else active.set(target.key, target);
    }
  const most = job.target_limit === 0 ? 10_000 : job.target_limit;
  if (active.size > most) out.problems.push(`${active.size} targets are found, and ${most} are the most.`);
  else out.active = [...active.values()];
  return out;
}

/** The target that labels describe, or what is wrong with it. */
function targetOf(
  job: ScrapeConfig,
  discovered: Readonly<Record<string, string>>,
  kept: Readonly<Record<string, string>>,
): Target | string {
  const address = kept.__address__!;
  if (/[/@?#\s]/.test(address)) return `'${address.slice(0, 100)}' is not an address (HOST:PORT).`;
  const intervalMs = durationMs(kept.__scrape_interval__ ?? '') ?? 0;
  const timeoutMs = durationMs(kept.__scrape_timeout__ ?? '') ?? 0;
  if (intervalMs <= 0 || timeoutMs <= 0 || timeoutMs > intervalMs)
    return `The interval and the timeout of ${address.slice(0, 100)} are not durations that fit.`;
  let url: URL;
  try {
    url = new URL(`${kept.__scheme__ ?? 'http'}://${address}${kept.__metrics_path__ ?? '/metrics'}`);
  } catch {
    return `'${address.slice(0, 100)}' is not an address (HOST:PORT).`;
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return `${url.protocol} is no scheme to scrape by.`;
  // Relabelling may have changed the first value.
  for (const [name, values] of Object.entries(job.params))
    for (const [index, value] of values.entries())
      url.searchParams.append(name, index === 0 ? (kept[`__param_${name}`] ?? value) : value);
  for (const [label, value] of Object.entries(kept)) {
    const name = /^__param_(.+)$/.exec(label)?.[1];
    if (name !== undefined && job.params[name] === undefined) url.searchParams.append(name, value);
  }
  const labels = Object.fromEntries(Object.entries(kept).filter(([name]) => !name.startsWith('__')));
  labels.instance ??= address;
  const key = JSON.stringify([
    url.href,
    intervalMs,
    timeoutMs,
    Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
  return { key, discovered, labels, url: url.href, intervalMs, timeoutMs };
}

/** The labels of a series of a target: the target's win, and the series' own go under `exported_`, or the other way round. */
export function mergedLabels(
  own: readonly (readonly [string, string])[],
  target: Readonly<Record<string, string>>,
  honorLabels: boolean,
): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of own) out[name] = value;
  for (const [name, value] of Object.entries(target)) {
    const taken = out[name];
    if (taken !== undefined && taken !== '') {
      if (honorLabels) continue;
      let other = `exported_${name}`;
      while (out[other] !== undefined) other = `exported_${other}`;
      out[other] = taken;
    }
    if (!honorLabels || !own.some(([label]) => label === name)) out[name] = value;
  }
  return out;
}
