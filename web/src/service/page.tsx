import { Grid, Paper, Stack, Text, Title } from '@mantine/core';
import { useSearchParams } from 'wouter';
import { Answer } from '../answer.tsx';
import { Nothing } from '../nothing.tsx';
import { MapView } from './map-part.tsx';
import { Panel } from './panel.tsx';
import { PlaceTable } from './place-table.tsx';
import { usePlaces } from './places.ts';

/** Who calls whom, how each fares, and what can be done with it. */
export function ServicesPage() {
  const { map, join } = usePlaces();
  const [params, setParams] = useSearchParams();
  const wanted = params.get('service') ?? undefined;
  const select = (id: string) => setParams({ service: id }, { replace: true });
  return (
    <Stack gap="md">
      <div>
        <Title order={1} size="h3">
          Services
        </Title>
        <Text size="sm" c="dimmed">
          From the traces of the last five minutes. Choose one to see what it runs and what can be done.
        </Text>
      </div>
      <Answer query={map} height={420}>
        {seen => {
          const places = join(seen);
          const chosen = places.find(place => place.id === wanted || place.name === wanted);
          if (places.length === 0)
            return (
              <Paper withBorder p="md">
                <Nothing
                  icon="server"
                  what="No service is declared, and none sends traces."
                  next="Send OpenTelemetry to this server's address (/v1/traces), or declare services:"
                  command="nines apply FOLDER"
                />
              </Paper>
            );
          return (
            <Stack gap="md">
              <Paper withBorder style={{ overflow: 'hidden' }}>
                <MapView
                  places={places}
                  edges={seen.edges}
                  seconds={seen.seconds}
                  selected={chosen?.id}
                  onSelect={select}
                  height={320}
                />
              </Paper>
              <Grid gap="md">
                <Grid.Col span={{ base: 12, lg: chosen === undefined ? 12 : 7 }} order={{ base: 2, lg: 1 }}>
                  <PlaceTable
                    places={places}
                    seconds={seen.seconds}
                    selected={chosen?.id}
                    onSelect={select}
                  />
                </Grid.Col>
                {chosen !== undefined && (
                  <Grid.Col span={{ base: 12, lg: 5 }} order={{ base: 1, lg: 2 }}>
                    <Panel place={chosen} onClose={() => setParams({}, { replace: true })} />
                  </Grid.Col>
                )}
              </Grid>
            </Stack>
          );
        }}
      </Answer>
    </Stack>
  );
}
