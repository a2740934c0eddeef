import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

export type LiveState = 'connecting' | 'live' | 'reconnecting';

/** A browser gives up where it is refused, as by a proxy whose server is away: then it is tried again after so long. */
const AGAIN_MS = 3_000;

/** Which answers an event makes stale, by the first word of its type. What is not named here refreshes by time. */
const STALE: Record<string, string[]> = {
  incident: ['incident.'],
  alert: ['alert.', 'slo.', 'incident.'],
  investigation: ['investigation.', 'incident.'],
  remediation: ['remediation.', 'incident.', 'platform.'],
  action: ['action.', 'platform.', 'deploy.', 'remediation.', 'incident.'],
  instance: ['platform.', 'deploy.'],
  service: ['platform.', 'deploy.'],
  change: ['change.', 'deploy.'],
  deploy: ['deploy.', 'change.', 'platform.'],
  page: ['page.', 'incident.', 'oncall.'],
  notification: ['notification.'],
  postmortem: ['postmortem.', 'incident.'],
  slo: ['slo.'],
  catalog: ['service.', 'slo.', 'catalog.', 'oncall.'],
};

/** Follows the server's events and refreshes what they touch. The browser resumes where the stream broke off. */
export function useLive(): LiveState {
  const queries = useQueryClient();
  const [state, setState] = useState<LiveState>('connecting');
  useEffect(() => {
    let source: EventSource;
    let again: ReturnType<typeof setTimeout> | undefined;
    const open = () => {
      source = new EventSource('/api/v1/events');
      source.onopen = () => {
        setState('live');
        void queries.invalidateQueries();
      };
      source.onerror = () => {
        setState('reconnecting');
        if (source.readyState === EventSource.CLOSED) again = setTimeout(open, AGAIN_MS);
      };
      source.onmessage = ({ data }) => refresh(queries, data);
    };
    open();
    return () => {
      clearTimeout(again);
      source.close();
    };
  }, [queries]);
  return state;
}

function refresh(queries: QueryClient, message: string): void {
  let type: unknown;
  try {
    type = (JSON.parse(message) as { type?: unknown }).type;
  } catch {
    return;
  }
  if (typeof type !== 'string') return;
  const prefixes = STALE[type.split('.')[0] ?? ''] ?? [];
  void queries.invalidateQueries({
    predicate: query => prefixes.some(prefix => String(query.queryKey[0]).startsWith(prefix)),
  });
}
