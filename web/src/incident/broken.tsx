import { Stack, Text } from '@mantine/core';
import { useOperation } from '../api.ts';
import { ExploreLinks } from '../explore/links.tsx';
import { between } from '../explore/range.ts';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { Time } from '../time.tsx';
import { type Incident, LIVE_MS } from './incident.ts';
import { Indicator } from './indicator.tsx';
import { Latency } from './latency.tsx';
import { MomentList } from './moment-list.tsx';
import { momentsOf } from './moments.ts';
import { chartWindow } from './window.ts';

const MOST_INDICATORS = 2;

/** What is broken: for whom, by how much against what was promised, and since when. */
export function Broken({ incident }: { incident: Incident }) {
  const window = chartWindow(incident);
  const everyMs = incident.status === 'resolved' ? undefined : LIVE_MS;
  const ofService = useOperation('slo.list', { service: incident.service });
  const changes = useOperation('change.list', { ...window, limit: 20 });
  const services = useOperation('service.list', {});
  const name =
    services.data?.services.find(one => one.name === incident.service)?.telemetryName ?? incident.service;
  const named = [...new Set(incident.alerts.flatMap(alert => alert.objective ?? []))];
  const objectives = named.length > 0 ? named : (ofService.data?.slos.map(slo => slo.objective) ?? []);
  const near = (changes.data?.changes ?? []).toReversed();
  const moments = momentsOf(incident, near, window.from);
  const chart = { window, everyMs, moments };
  return (
    <Section
      title={incident.status === 'open' ? 'What is broken' : 'What was broken'}
      icon="alert"
      color={incident.status === 'open' ? 'red' : 'gray'}
    >
      <Stack gap="sm">
        {incident.impact === undefined ? (
          <Nothing what="How many requests are affected is not known." icon="question" />
        ) : (
          <Text size="sm">
            {incident.impact.statement}{' '}
            <Text span size="xs" c="dimmed">
              As of <Time at={incident.impact.asOf} size="xs" />.
            </Text>
          </Text>
        )}
        {objectives.slice(0, MOST_INDICATORS).map(id => (
          <Indicator key={id} id={id} {...chart} />
        ))}
        <Latency service={incident.service} {...chart} />
        <MomentList moments={moments} />
        <ExploreLinks
          service={name}
          range={between(Date.parse(window.from), Date.parse(window.to ?? '') || Date.now())}
        />
      </Stack>
    </Section>
  );
}
