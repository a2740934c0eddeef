/** What of a service can run full. */
export const saturationSignals = [
  'cpu',
  'memory',
  'event loop',
  'threads',
  'connections',
  'disk',
  'queue',
] as const;
export type SaturationSignalName = (typeof saturationSignals)[number];

/** By which labels metrics are found to be of a service: by its own, by its containers', by its hosts'. */
export type Scope = 'service' | 'container' | 'host';

export interface SaturationSource {
  signal: SaturationSignalName;
  /** What is measured, as a person calls it. */
  resource: string;
  unit: 'ratio' | 'count' | 'bytes' | 'cores' | 'seconds';
  scope: Scope;
  /** PromQL; `S` stands for the matchers of the scope, `W` for the window. Metrics named by it are asked for first. */
  query: string;
  limit?: string;
  /** Who sends it. */
  from: string;
}

export const semconv = 'OpenTelemetry semantic conventions';
export const formerSemconv = 'OpenTelemetry semantic conventions before 1.26';
export const clientLibraries = 'Prometheus client libraries';
