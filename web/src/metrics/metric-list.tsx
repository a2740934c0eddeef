import { Stack, Table, Text, TextInput, UnstyledButton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { count } from '../figure.ts';
import { Icon } from '../icon.tsx';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { grouped, startOf } from './query.ts';

/** Those of a histogram are three. */
const SHOWN = 120;

/** What is stored, by name: where one begins who does not know it by heart. */
export function MetricList({ onChoose }: { onChoose(query: string): void }) {
  const [text, setText] = useState('');
  const [match] = useDebouncedValue(text.trim(), 200);
  const asked = useOperation('telemetry.metrics', { limit: SHOWN, ...(match === '' ? {} : { match }) });
  return (
    <Section title="What is stored" icon="database">
      <Stack gap="sm">
        <TextInput
          aria-label="Part of a metric's name"
          placeholder="Part of a metric's name"
          size="sm"
          maxLength={200}
          leftSection={<Icon name="search" />}
          value={text}
          onChange={event => setText(event.currentTarget.value)}
        />
        <Answer query={asked} height={240}>
          {({ metrics, total }) =>
            metrics.length === 0 ? (
              <Nothing
                what={match === '' ? 'No metric is stored yet.' : 'No metric has this in its name.'}
                {...(match === ''
                  ? {
                      next: 'Send OpenTelemetry to /v1/metrics, Prometheus remote write, or configure scraping.',
                    }
                  : {})}
              />
            ) : (
              <>
                <Table.ScrollContainer minWidth={460} mah={420}>
                  <Table fz="sm" verticalSpacing={4} highlightOnHover stickyHeader>
                    <Table.Thead>
                      <Table.Tr>
                        <Table.Th>Metric</Table.Th>
                        <Table.Th>Type</Table.Th>
                        <Table.Th ta="right">Series</Table.Th>
                        <Table.Th>What it is</Table.Th>
                      </Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                      {grouped(metrics).map(one => (
                        <Table.Tr key={one.metric}>
                          <Table.Td>
                            <UnstyledButton
                              fz="sm"
                              ff="monospace"
                              c="var(--mantine-color-anchor)"
                              style={{ overflowWrap: 'anywhere' }}
                              onClick={() => onChoose(startOf(one, metrics))}
                            >
                              {one.metric}
                            </UnstyledButton>
                          </Table.Td>
                          <Table.Td>{one.type}</Table.Td>
                          <Table.Td ta="right">{count(one.series)}</Table.Td>
                          <Table.Td c="dimmed">
                            {one.help}
                            {one.unit === '' ? '' : ` (${one.unit})`}
                          </Table.Td>
                        </Table.Tr>
                      ))}
                    </Table.Tbody>
                  </Table>
                </Table.ScrollContainer>
                {total > metrics.length && (
                  <Text size="xs" c="dimmed">
                    {total - metrics.length} more: write a part of the name.
                  </Text>
                )}
              </>
            )
          }
        </Answer>
      </Stack>
    </Section>
  );
}
