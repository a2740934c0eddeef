import { Anchor } from '@mantine/core';
import { Link, useLocation } from 'wouter';
import { Answer } from '../answer.tsx';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { MapView } from '../service/map-part.tsx';
import { usePlaces } from '../service/places.ts';

export function MapCard() {
  const { map, join } = usePlaces();
  const [, go] = useLocation();
  return (
    <Section
      title="Service map"
      icon="server"
      aside={
        <Anchor component={Link} href="/services" size="sm">
          All services
        </Anchor>
      }
    >
      <Answer query={map} height={220}>
        {seen => {
          const places = join(seen);
          return places.length === 0 ? (
            <Nothing
              what="No service sends traces yet."
              next="Send OpenTelemetry to this server's address, /v1/traces."
            />
          ) : (
            <MapView
              places={places}
              edges={seen.edges}
              seconds={seen.seconds}
              height={220}
              still
              onSelect={id => go(`/services?service=${encodeURIComponent(id)}`)}
            />
          );
        }}
      </Answer>
    </Section>
  );
}
