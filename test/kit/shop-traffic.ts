import { seeded } from '../../src/kernel/index.ts';
import { MemorySeries } from './memory-metrics.ts';

/** What happens to checkouts from an instant on: shares of all. */
export interface Weather {
  failing?: number;
  slow?: number;
  /** Requests a second. */
  rate?: number;
  /** Nothing is exported. */
  silent?: boolean;
}

/**
 * The gateway's request metrics for checkouts, as OpenTelemetry exports them: cumulative counters every ten seconds.
 * The series of failures appears with the first failure.
 */
export class ShopTraffic {
  readonly series = new MemorySeries();
  /** Time of the first request that failed or was slow since the last change of weather. */
  firstBad: number | undefined;
  readonly #random: () => number;
  readonly #exportMs: number;
  #at: number;
  #ok = 0;
  #failed = 0;
  #fast = 0;
  #weather: Weather = {};
  #rate: number;

  constructor(options: { from: number; rate: number; seed?: number; exportMs?: number }) {
    this.#at = options.from;
    this.#rate = options.rate;
    this.#random = seeded(options.seed ?? 1);
    this.#exportMs = options.exportMs ?? 10_000;
  }

  change(weather: Weather): void {
    this.#weather = weather;
    this.#rate = weather.rate ?? this.#rate;
    this.firstBad = undefined;
  }

  /** Lets requests come until `to`, exporting on the way. */
  run(to: number): void {
    const { failing = 0, slow = 0, silent = false } = this.#weather;
    for (; this.#at < to; this.#at += 1000) {
      const count = poisson(this.#rate, this.#random);
      for (let i = 0; i < count; i++) {
        const draw = this.#random();
        const bad = draw < failing || draw < failing + slow;
        if (draw < failing) this.#failed++;
        else this.#ok++;
        if (!(draw >= failing && draw < failing + slow)) this.#fast++;
        if (bad) this.firstBad ??= this.#at;
      }
      if ((this.#at + 1000) % this.#exportMs === 0 && !silent) this.#export(this.#at + 1000);
    }
  }

  #export(at: number): void {
    const name = 'http_server_request_duration_seconds';
    const labels = { service_name: 'gateway', http_route: '/checkout' };
    const add = (status: string, count: number, fast: number) => {
      const all = { ...labels, http_response_status_code: status };
      this.series.add(`${name}_count`, all, at, count);
      this.series.add(`${name}_bucket`, { ...all, le: '0.5' }, at, fast);
    };
    add('200', this.#ok, this.#fast - this.#failed);
    if (this.#failed > 0) add('503', this.#failed, this.#failed);
  }
}

export function poisson(mean: number, random: () => number): number {
  if (mean > 30) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count++;
  return count;
}
