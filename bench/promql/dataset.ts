/**
 * The samples: half of the series are a histogram's buckets, four tenths are requests by code, the rest gauges; ten
 * services with as many instances as that takes. Counters begin anew now and then, rates move in waves.
 */
export interface Dataset {
  readonly startMs: number;
  readonly everyMs: number;
  readonly steps: number;
  /** Metric by metric. */
  readonly series: readonly MadeSeries[];
}

export interface MadeSeries {
  readonly labels: Readonly<Record<string, string>>;
  value(step: number): number;
}

const bounds = ['0.05', '0.1', '0.25', '0.5', '1', '+Inf'];
const codes = ['200', '201', '404', '500'];
const services = 10;

/** A wave with a period of some hours, so that rates move and never fall under zero. */
const wave = (step: number, phase: number) => 1 + Math.sin((step + phase * 131) / 700) / 2;

export function dataset(series: number, hours: number, everyMs: number, endMs: number): Dataset {
  const steps = Math.floor((hours * 3_600_000) / everyMs);
  const made = Array.from({ length: series }, (_, n) => madeSeries(n));
  made.sort((a, b) => (a.labels.__name__! < b.labels.__name__! ? -1 : 1));
  return { startMs: endMs - (steps - 1) * everyMs, everyMs, steps, series: made };
}

function madeSeries(n: number): MadeSeries {
  const service = `s${n % services}`;
  const instance = `i${Math.floor(n / services / 10)}`;
  const part = Math.floor(n / services) % 10;
  // A counter begins anew every 1,000 to 2,000 samples, as after a release.
  const life = 1000 + (n % 7) * 150;
  const count = (speed: number) => (step: number) =>
    Math.round(
      speed * (1 + n / 1000) * ((step % life) * 100 + 700 * (wave(step, n) - wave(step - (step % life), n))),
    );
  if (part < 4)
    return {
      labels: { __name__: 'requests_total', service, instance, code: codes[part]! },
      value: count(part === 3 ? 0.2 : 2),
    };
  if (part < 9)
    return {
      labels: { __name__: 'latency_seconds_bucket', service, instance, le: bounds[part - 3]! },
      value: count(part),
    };
  return {
    labels: { __name__: 'memory_bytes', service, instance },
    value: step => Math.round(1e8 * wave(step, n)),
  };
}
