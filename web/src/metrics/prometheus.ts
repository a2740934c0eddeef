import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../api.ts';

/** What a series counted once, with the trace that it came from. */
export interface Exemplar {
  /** Epoch ms. */
  at: number;
  value: number;
  traceId: string;
  labels: Record<string, string>;
}

interface SeriesExemplars {
  seriesLabels: Record<string, string>;
  exemplars: { labels: Record<string, string>; value: string; timestamp: number }[];
}

/** Exemplars of the series that a query reads: of Prometheus's own API, as no operation has them. */
export function useExemplars(query: string, bounds: { from: number; to: number }, enabled: boolean) {
  return useQuery({
    queryKey: ['exemplars', query, bounds],
    enabled,
    retry: false,
    queryFn: async (): Promise<Exemplar[]> => {
      const params = new URLSearchParams({
        query,
        start: String(bounds.from / 1000),
        end: String(bounds.to / 1000),
      });
      const response = await fetch(`/prometheus/api/v1/query_exemplars?${params}`);
      const body: unknown = await response.json().catch(() => undefined);
      const { data, error } = (body ?? {}) as { data?: SeriesExemplars[]; error?: string };
      if (!response.ok || !Array.isArray(data))
        throw new ApiError('invalid', error ?? `The server answered ${response.status}.`);
      return data.flatMap(({ seriesLabels, exemplars }) =>
        exemplars.flatMap(({ labels, value, timestamp }) => {
          const { trace_id, ...rest } = labels;
          return trace_id === undefined || trace_id === ''
            ? []
            : [
                {
                  at: timestamp * 1000,
                  value: Number(value),
                  traceId: trace_id,
                  labels: { ...seriesLabels, ...rest },
                },
              ];
        }),
      );
    },
  });
}
