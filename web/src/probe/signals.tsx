import { Table } from '@mantine/core';
import { milliseconds } from '../figure.ts';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import type { ProbeDetail } from './probe.ts';

const WORDS = { start: 'began', success: 'succeeded', failure: 'failed' } as const;

/** What a job told of itself. */
export function Signals({ signals }: { signals: ProbeDetail['signals'] }) {
  return (
    <Section title="What the job told" icon="clock">
      {signals.length === 0 ? (
        <Nothing
          icon="clock"
          what="It has not told of itself yet."
          next="Let the job send a POST at its end, or"
          command="nines heartbeat send NAME success"
        />
      ) : (
        <Table.ScrollContainer minWidth={380}>
          <Table fz="sm" verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>At</Table.Th>
                <Table.Th>It</Table.Th>
                <Table.Th>Said</Table.Th>
                <Table.Th ta="right">Took</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {signals.map(({ at, signal, durationMs, message }) => (
                <Table.Tr key={`${at}${signal}`}>
                  <Table.Td ff="monospace" style={{ whiteSpace: 'nowrap' }}>
                    {at.slice(5, 19).replace('T', ' ')}
                  </Table.Td>
                  <Table.Td>{WORDS[signal]}</Table.Td>
                  <Table.Td style={{ overflowWrap: 'anywhere' }}>{message ?? ''}</Table.Td>
                  <Table.Td ta="right">{durationMs === undefined ? '–' : milliseconds(durationMs)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Section>
  );
}
