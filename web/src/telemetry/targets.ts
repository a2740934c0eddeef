import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../api.ts';

export interface Target {
  scrapePool: string;
  scrapeUrl: string;
  labels: Record<string, string>;
  health: 'up' | 'down' | 'unknown';
  lastError: string;
  lastScrape: string;
  /** Seconds. */
  lastScrapeDuration: number;
  scrapeInterval: string;
}

/** What is scraped: of Prometheus's own API, as no operation has it. */
export function useTargets(everyMs: number) {
  return useQuery({
    queryKey: ['prometheus/targets'],
    refetchInterval: everyMs,
    queryFn: async (): Promise<Target[]> => {
      const response = await fetch('/prometheus/api/v1/targets?state=active').catch(() => {
        throw new ApiError('unavailable', 'The server does not answer. This page goes on trying.');
      });
      const body = (await response.json().catch(() => undefined)) as
        | { data?: { activeTargets?: Target[] }; error?: string }
        | undefined;
      const found = body?.data?.activeTargets;
      if (found === undefined)
        throw new ApiError('internal', body?.error ?? `The server answered ${response.status}.`);
      return found;
    },
  });
}
