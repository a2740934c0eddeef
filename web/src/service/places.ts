import { useOperation } from '../api.ts';
import { type Place, placesOf, type ServiceMap } from './service.ts';

const MAP_MS = 5_000;
const WINDOW = '5m';

/** The map with all that is known of each place. The map's own query decides; what else is missing is left out. */
export function usePlaces() {
  const map = useOperation('traces.map', { last: WINDOW }, { everyMs: MAP_MS });
  const declared = useOperation('service.list', {});
  const running = useOperation('platform.list', {}, { everyMs: MAP_MS });
  const slos = useOperation('slo.list', {}, { everyMs: 2 * MAP_MS });
  const incidents = useOperation('incident.list', { active: true });
  const join = (seen: ServiceMap): Place[] =>
    placesOf({
      map: seen,
      declared: declared.data?.services ?? [],
      running: running.data?.services ?? [],
      slos: slos.data?.slos ?? [],
      incidents: incidents.data?.incidents ?? [],
    });
  return { map, join };
}
