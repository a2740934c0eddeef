import { Paper, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useSearchParams } from 'wouter';
import { Nothing } from '../nothing.tsx';
import { Monitoring } from './monitoring.tsx';
import { Objectives } from './objectives.tsx';
import { ServiceChoice } from './service-choice.tsx';

/** What could be promised of a service, and what should alert, from what it exports. */
export function SuggestPage() {
  const [params, setParams] = useSearchParams();
  const service = params.get('service') ?? '';
  const view = params.get('view') === 'monitoring' ? 'monitoring' : 'objectives';
  return (
    <Stack gap="md">
      <div>
        <Title order={1} size="h3">
          Suggestions
        </Title>
        <Text size="sm" c="dimmed">
          From what a service exports: objectives with up to 30 days of evidence, and alerts that somebody can
          act on.
        </Text>
      </div>
      <Paper withBorder p="md" component="section" aria-label="For which service">
        <Stack gap="sm">
          <ServiceChoice
            key={service}
            service={service}
            onChoose={next => setParams({ service: next, view })}
          />
          <SegmentedControl
            size="xs"
            aria-label="What is suggested"
            value={view}
            data={[
              { value: 'objectives', label: 'Objectives' },
              { value: 'monitoring', label: 'Alerts and dashboard' },
            ]}
            onChange={next => setParams({ ...(service === '' ? {} : { service }), view: next })}
            w="fit-content"
          />
        </Stack>
      </Paper>
      {service === '' ? (
        <Paper withBorder p="md">
          <Nothing icon="search" what="Choose a service to see what its telemetry can promise." />
        </Paper>
      ) : view === 'objectives' ? (
        <Objectives service={service} />
      ) : (
        <Monitoring service={service} />
      )}
    </Stack>
  );
}
