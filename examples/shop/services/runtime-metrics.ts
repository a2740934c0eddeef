/** Process and event-loop metrics, by the names of OpenTelemetry's semantic conventions. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { metrics } from '@opentelemetry/api';

/** Registers the observable instruments; they are read when the metric reader collects. */
export function observeRuntime(): void {
  const meter = metrics.getMeter('shop.runtime');

  meter
    .createObservableCounter('process.cpu.time', { unit: 's', description: 'CPU seconds by mode.' })
    .addCallback(result => {
      const { user, system } = process.cpuUsage();
      result.observe(user / 1e6, { 'cpu.mode': 'user' });
      result.observe(system / 1e6, { 'cpu.mode': 'system' });
    });
  meter
    .createObservableUpDownCounter('process.memory.usage', { unit: 'By', description: 'Resident memory.' })
    .addCallback(result => result.observe(process.memoryUsage.rss()));

  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  meter
    .createObservableGauge('nodejs.eventloop.delay.p99', {
      unit: 's',
      description: 'Event loop delay, 99th percentile since the last collection.',
    })
    .addCallback(result => {
      if (delay.count > 0) result.observe(delay.percentile(99) / 1e9);
      delay.reset();
    });
  let last = performance.eventLoopUtilization();
  meter
    .createObservableGauge('nodejs.eventloop.utilization', {
      unit: '1',
      description: 'Share of time the event loop was busy since the last collection.',
    })
    .addCallback(result => {
      const now = performance.eventLoopUtilization();
      result.observe(performance.eventLoopUtilization(now, last).utilization);
      last = now;
    });
}
