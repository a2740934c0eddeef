import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

export type LiveState = 'live' | 'reconnecting';

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
  catalog: ['service.', 'slo.', 'catalog.', 'oncall.'],
};

/** Follows the server's events and refreshes what they touch. The browser reconnects and resumes by itself. */
export function useLive(): LiveState {
  const queries = useQueryClient();
  const [state, setState] = useState<LiveState>('reconnecting');
  useEffect(() => {
    const source = new EventSource('/api/v1/events');
    source.onopen = () => {
      setState('live');
      void queries.invalidateQueries();
    };
    source.onerror = () => setState('reconnecting');
    source.onmessage = message => {
      let type: unknown;
      try {
        type = (JSON.parse(message.data) as { type?: unknown }).type;
      } catch {
        return;
      }
      if (typeof type !== 'string') return;
      const prefixes = STALE[type.split('.')[0] ?? ''] ?? [];
      void queries.invalidateQueries({
        predicate: query => prefixes.some(prefix => String(query.queryKey[0]).startsWith(prefix)),
      });
    };
    return () => source.close();
  }, [queries]);
  return state;
}
