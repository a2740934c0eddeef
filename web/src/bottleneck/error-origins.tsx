import { Anchor, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import { count } from '../figure.ts';
import { Section } from '../section.tsx';
import type { Bottleneck } from './bottleneck.ts';

/** In which span failed requests began to fail. */
export function ErrorOrigins({ found: { failed, errorOrigins } }: { found: Bottleneck }) {
  if (failed.requests === 0) return null;
  return (
    <Section
      title="Where errors begin"
      icon="alert"
      aside={
        <Text size="xs" c="dimmed">
          {count(failed.requests)} failed, {count(failed.lookedAt)} looked at
        </Text>
      }
    >
      <Table.ScrollContainer minWidth={480}>
        <Table fz="sm" verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th ta="right">Requests</Table.Th>
              <Table.Th>Began in</Table.Th>
              <Table.Th>With</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {errorOrigins.map(one => (
              <Table.Tr key={`${one.service}${one.operation}${one.error}`}>
                <Table.Td ta="right">{count(one.requests)}</Table.Td>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  <Anchor component={Link} href={`/traces/${one.exampleTraceId}`} size="sm">
                    {one.service} {one.operation}
                  </Anchor>
                </Table.Td>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  {one.error}
                  {one.requests > one.reachRoot && (
                    <Text size="xs" c="dimmed">
                      {one.requests - one.reachRoot} of them did not fail the callers
                    </Text>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Section>
  );
}
