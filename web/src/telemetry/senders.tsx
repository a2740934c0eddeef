import { Anchor, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { count } from '../figure.ts';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { span, useNow } from '../time.tsx';

const SENDERS_MS = 30_000;

/** Who sends traces, in which version, and when the last came. */
export function Senders() {
  const asked = useOperation('telemetry.services', { last: '1h' }, { everyMs: SENDERS_MS });
  const now = useNow(10_000);
  return (
    <Section title="Who sends traces, last hour" icon="server">
      <Answer query={asked} height={160}>
        {({ services }) =>
          services.length === 0 ? (
            <Nothing
              icon="question"
              what="No service sent a span in the last hour."
              next="Send OpenTelemetry to this server's address, /v1/traces."
            />
          ) : (
            <Table.ScrollContainer minWidth={380}>
              <Table fz="sm" verticalSpacing={6}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Service</Table.Th>
                    <Table.Th>Version</Table.Th>
                    <Table.Th ta="right">Spans</Table.Th>
                    <Table.Th ta="right">Last</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {services.flatMap(({ service, versions }) =>
                    versions.map(({ version, count: spans, lastSeen }) => (
                      <Table.Tr key={`${service}${version}`}>
                        <Table.Td>
                          <Anchor
                            component={Link}
                            href={`/explore/traces?service=${encodeURIComponent(service)}`}
                            size="sm"
                          >
                            {service}
                          </Anchor>
                        </Table.Td>
                        <Table.Td ff="monospace">
                          {version === '' ? <Text c="dimmed">–</Text> : version}
                        </Table.Td>
                        <Table.Td ta="right">{count(spans)}</Table.Td>
                        <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
                          {span(lastSeen, now)} ago
                        </Table.Td>
                      </Table.Tr>
                    )),
                  )}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Answer>
    </Section>
  );
}
