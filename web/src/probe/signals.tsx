import { Text } from '@mantine/core';
import { type Column, DataTable } from '../data-table.tsx';
import { milliseconds } from '../figure.ts';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import type { ProbeDetail } from './probe.ts';

type Signal = ProbeDetail['signals'][number];

const WORDS = { start: 'began', success: 'succeeded', failure: 'failed' } as const;

const COLUMNS: readonly Column<Signal>[] = [
  {
    key: 'at',
    head: 'At (UTC)',
    cell: ({ at }) => (
      <Text span size="sm" ff="monospace" style={{ whiteSpace: 'nowrap' }}>
        {at.slice(5, 19).replace('T', ' ')}
      </Text>
    ),
  },
  { key: 'signal', head: 'It', cell: ({ signal }) => WORDS[signal] },
  { key: 'message', head: 'Said', least: 90, cell: ({ message }) => message ?? '' },
  {
    key: 'took',
    head: 'Took',
    figure: true,
    cell: ({ durationMs }) => (durationMs === undefined ? '–' : milliseconds(durationMs)),
  },
];

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
        <DataTable
          label="Signals"
          columns={COLUMNS}
          rows={signals}
          keyOf={({ at, signal }) => `${at}${signal}`}
          minWidth={380}
        />
      )}
    </Section>
  );
}
