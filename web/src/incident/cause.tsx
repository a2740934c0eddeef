import { Box, Code, Stack, Table, Text } from '@mantine/core';
import { milliseconds, percent } from '../figure.ts';
import { EvidenceItem } from './evidence-item.tsx';
import type { Cause } from './incident.ts';

const WHAT = {
  new: 'New statement',
  slower: 'Statement that got slower',
  more_often: 'Statement run more often',
} as const;

/** A cause: the statement behind it where there is one, its evidence, and how its score comes about. */
export function CauseBody({ cause: { statement, evidence, scoring } }: { cause: Cause }) {
  return (
    <Stack gap="sm">
      {statement !== undefined && (
        <Box>
          <Text size="sm" mb={4}>
            <Text span fw={600}>
              {WHAT[statement.what]}
            </Text>
            : {percent(statement.share)} of the time in the database, p99 {milliseconds(statement.p99Ms)}
            {statement.p99MsBefore === undefined ? '' : ` (${milliseconds(statement.p99MsBefore)} before)`}
          </Text>
          <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', maxHeight: 160 }}>
            {statement.text}
          </Code>
        </Box>
      )}
      <Stack gap={0} component="ul" m={0} p={0} style={{ listStyle: 'none' }} aria-label="Evidence">
        {evidence.map(one => (
          <EvidenceItem key={one.id} evidence={one} />
        ))}
      </Stack>
      {scoring.length > 0 && (
        <details>
          <summary style={{ cursor: 'pointer', fontSize: 'var(--mantine-font-size-sm)' }}>
            How the score comes about
          </summary>
          <Table fz="xs" mt="xs" verticalSpacing={4}>
            <Table.Tbody>
              {scoring.map(({ part, points, outOf, why }) => (
                <Table.Tr key={part}>
                  <Table.Td w={90}>{part}</Table.Td>
                  <Table.Td w={70} ta="right" style={{ whiteSpace: 'nowrap' }}>
                    {Number(points.toFixed(1))} of {outOf}
                  </Table.Td>
                  <Table.Td>{why}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </details>
      )}
    </Stack>
  );
}
