import { instant } from '../../src/kernel/index.ts';
import { exportsOf } from '../../src/slo/signals/exported.ts';
import type { Signals } from '../../src/slo/signals/signal.ts';
import { interesting, signalsOf } from '../../src/slo/signals/signals.ts';
import type { EmbeddedMetrics } from '../../src/telemetry/metrics.ts';
import { MemorySeries } from './memory-metrics.ts';

/** What metrics at an instant offer for a service. */
export async function signalsAt(metrics: EmbeddedMetrics, service: string, at: number): Promise<Signals> {
  return signalsOf(await exportsOf(metrics, [service], interesting, instant(at)));
}

/** What a service offers that exports series as Prometheus writes them: `http_requests_total{code="200"}`. */
export async function signalsOfText(lines: readonly string[], service: string, at: number): Promise<Signals> {
  const series = new MemorySeries();
  for (const line of lines) {
    const [, name, rest = ''] = /^([\w:]+)(?:\{(.*)\})?$/.exec(line) ?? [];
    const labels = Object.fromEntries(
      [...rest.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => [label, value]),
    );
    series.add(name!, labels, at - 60_000, 1);
    series.add(name!, labels, at, 1);
  }
  return signalsAt(series.metrics(), service, at);
}
