import type { Duration, DurationText, Instant } from '../kernel/index.ts';
import type { EdgeFigures, OperationFigures, PatternFigures, RecordedChange, Window } from './observation.ts';
import type { Bucket } from './onset.ts';

/** What this room asks of the rooms below: reads only, and no more than this. */
export interface Sources {
  telemetry: TelemetrySource;
  slos: SloSource;
  incidents: { get(id: string): Promise<IncidentFacts> };
  deploys: { changes(window?: Window, service?: string): Promise<readonly RecordedChange[]> };
  /** The services as the catalog has them. */
  services(): Promise<readonly ServiceFacts[]>;
}

export interface TelemetrySource {
  readonly metrics: {
    range(
      query: string,
      window: Window & { step: Duration },
      options?: { signal?: AbortSignal },
    ): Promise<{
      series: readonly {
        labels: Readonly<Record<string, string>>;
        points: readonly (readonly [number, number])[];
      }[];
    }>;
  };
  readonly traces: {
    operations(
      window: Window,
      filter?: { service?: string; groupByVersion?: boolean; limit?: number; signal?: AbortSignal },
    ): Promise<readonly OperationFigures[]>;
    edges(window: Window, options?: { signal?: AbortSignal }): Promise<readonly EdgeFigures[]>;
    timeline(
      window: Window,
      filter: { service: string; operation?: string; step: Duration; signal?: AbortSignal },
    ): Promise<readonly Bucket[]>;
  };
  readonly logs: {
    /** Patterns of several windows, mined together, so that one kind of line has one pattern in all of them. */
    compare(
      windows: readonly Window[],
      filter?: { signal?: AbortSignal },
    ): Promise<readonly (readonly PatternFigures[])[]>;
  };
}

export interface SloSource {
  objectives(): Promise<
    readonly {
      id: string;
      displayName: string;
      service: string;
      target: number;
      sli: {
        kind: 'availability' | 'latency' | 'other';
        queries?: readonly string[];
        ratioExpr?: (window: DurationText) => string;
      };
    }[]
  >;
  reading(
    service: string,
    window: Duration,
    at: Instant,
  ): Promise<readonly { objective: string; errorRatio?: number | null | undefined }[]>;
}

export interface IncidentFacts {
  id: string;
  service: string;
  status: 'open' | 'mitigated' | 'resolved';
  onsetAt: Instant;
  openedAt: Instant;
  mitigatedAt?: Instant | undefined;
  resolvedAt?: Instant | undefined;
}

export interface ServiceFacts {
  name: string;
  telemetryName: string;
  dependsOn: readonly string[];
}
