import { Code, Table, Text } from '@mantine/core';
import type { Span } from './tree.ts';

/** All that came with a span. */
export function SpanDetails({ span }: { span: Span }) {
  const { attributes, resource, events, statusMessage, kind, at, spanId } = span;
  const sorted = (all: Readonly<Record<string, string>>) =>
    Object.entries(all).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return (
    <div style={{ padding: '4px 12px 12px' }}>
      <Text size="xs" c="dimmed" mb={4} style={{ overflowWrap: 'anywhere' }}>
        {kind} span {spanId}, began {at.replace('T', ' ').replace('Z', ' UTC')}
      </Text>
      {statusMessage !== undefined && (
        <Text size="sm" mb={4} style={{ overflowWrap: 'anywhere' }}>
          {statusMessage}
        </Text>
      )}
      <Table fz="xs" verticalSpacing={2} layout="fixed">
        <Table.Tbody>
          {[...sorted(attributes), ...sorted(resource)].map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Td w="38%" style={{ overflowWrap: 'anywhere' }}>
                {name}
              </Table.Td>
              <Table.Td ff="monospace" style={{ overflowWrap: 'anywhere' }}>
                {value}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {events.map(event => (
        <div key={`${event.at}${event.name}`}>
          <Text size="xs" fw={600} mt={6}>
            {event.name} at {event.at.slice(11, 23)}
          </Text>
          {sorted(event.attributes).map(([name, value]) => (
            <Code key={name} block mt={2} style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
              {name}: {value}
            </Code>
          ))}
        </div>
      ))}
    </div>
  );
}
