import { Alert, Anchor, Grid, List, Progress, Stack, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import { Answer } from '../answer.tsx';
import { type OutputOf, useOperation } from '../api.ts';
import { count } from '../figure.ts';
import { metricsAddress } from '../metrics/query.ts';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';

type Cardinality = OutputOf<'telemetry.cardinality'>;
const CARDINALITY_MS = 60_000;

/** Which metrics, labels and senders make the most series, what was refused, and what would help. */
export function CardinalityCard() {
  const asked = useOperation('telemetry.cardinality', {}, { everyMs: CARDINALITY_MS });
  return (
    <Section title="Series: the worst offenders" icon="gauge">
      <Answer query={asked} height={260}>
        {found =>
          found.series === 0 ? (
            <Nothing what="No series is stored yet." />
          ) : (
            <Stack gap="md">
              <Refused found={found} />
              <Filled found={found} />
              <Metrics found={found} />
              <Grid gap="md">
                <Grid.Col span={{ base: 12, sm: 6 }}>
                  <Labels found={found} />
                </Grid.Col>
                <Grid.Col span={{ base: 12, sm: 6 }}>
                  <Tenants found={found} />
                </Grid.Col>
              </Grid>
            </Stack>
          )
        }
      </Answer>
    </Section>
  );
}

function Refused({ found: { refused } }: { found: Cardinality }) {
  if (refused.length === 0) return null;
  return (
    <Alert color="orange" title="New series were refused in the last day; known ones are taken as before">
      <List size="sm" spacing={2}>
        {refused.map(({ metric, reason, count: times, last, sentence }) => (
          <List.Item key={`${metric}${reason}`}>
            {sentence} {count(times)} times, last {last.slice(5, 16).replace('T', ' ')} UTC.
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}

function Filled({ found: { series, limits, newInLastHour } }: { found: Cardinality }) {
  const share = (100 * series) / limits.series;
  const words = `${count(series)} of at most ${count(limits.series)} series`;
  return (
    <div>
      <Text size="sm" fw={600}>
        {words}; {count(newInLastHour)} are new in the last hour
      </Text>
      <Progress
        value={share}
        color={share > 80 ? 'orange.6' : 'cyan.6'}
        size="md"
        mt={6}
        aria-label={words}
      />
    </div>
  );
}

function Metrics({ found: { metrics } }: { found: Cardinality }) {
  return (
    <Table.ScrollContainer minWidth={520}>
      <Table fz="sm" verticalSpacing={6} aria-label="Metrics by series">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Metric</Table.Th>
            <Table.Th ta="right">Series</Table.Th>
            <Table.Th ta="right">New in an hour</Table.Th>
            <Table.Th>Labels with the most values</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {metrics.map(({ metric, series, newInLastHour, labels, suggestion }) => (
            <Table.Tr key={metric}>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                <Anchor
                  component={Link}
                  href={metricsAddress([`count by (service_name) (${metric})`], { last: '6h' })}
                  size="sm"
                >
                  {metric}
                </Anchor>
                {suggestion !== undefined && (
                  <Text size="xs" fw={600}>
                    Without {suggestion.drop} about {count(suggestion.seriesLeft)} would be left.
                  </Text>
                )}
              </Table.Td>
              <Table.Td ta="right">{count(series)}</Table.Td>
              <Table.Td ta="right">{count(newInLastHour)}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                {labels
                  .slice(0, 3)
                  .map(({ label, values }) => `${label} ${count(values)}`)
                  .join(', ')}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Labels({ found: { labels } }: { found: Cardinality }) {
  return (
    <Table fz="sm" verticalSpacing={4} aria-label="Labels by values">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Label</Table.Th>
          <Table.Th ta="right">Values</Table.Th>
          <Table.Th ta="right">Series</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {labels.map(({ label, values, series }) => (
          <Table.Tr key={label}>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>{label}</Table.Td>
            <Table.Td ta="right">{count(values)}</Table.Td>
            <Table.Td ta="right">{count(series)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Tenants({ found: { tenants, limits } }: { found: Cardinality }) {
  return (
    <Table fz="sm" verticalSpacing={4} aria-label="Senders by series">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Sender ({limits.tenantLabel})</Table.Th>
          <Table.Th ta="right">Series, at most {count(limits.perTenant)}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {tenants.map(({ tenant, series }) => (
          <Table.Tr key={tenant}>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>{tenant === '' ? 'none given' : tenant}</Table.Td>
            <Table.Td ta="right">{count(series)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
