import { Text } from '@mantine/core';
import { type Column, DataTable } from '../data-table.tsx';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { type Bottleneck, shareOf } from './bottleneck.ts';

const COLUMNS: readonly Column<Bottleneck['overRepresented'][number]>[] = [
  {
    key: 'attribute',
    head: 'Attribute',
    cell: ({ service, key, value, same }) => (
      <>
        {service}{' '}
        <Text span ff="monospace" size="sm">
          {key}={value}
        </Text>
        {same.length > 0 && (
          <Text size="xs" c="dimmed">
            The same requests have {same.join(', ')}
          </Text>
        )}
      </>
    ),
  },
  { key: 'slow', head: 'Of the slow', figure: true, cell: one => shareOf(one.slow, one.slowOf) },
  { key: 'rest', head: 'Of the others', figure: true, cell: one => shareOf(one.rest, one.restOf) },
  {
    key: 'chance',
    head: 'By chance',
    figure: true,
    cell: ({ p }) => (p < 1e-6 ? '< 1e-6' : p.toPrecision(1)),
  },
];

/** Attributes that slow requests have more often than the others. */
export function Differences({ found }: { found: Bottleneck }) {
  const { overRepresented, attributesTested, slow, verdict } = found;
  if (slow.lookedAt === 0 || verdict === 'too_few') return null;
  return (
    <Section title="What slow requests have more often" icon="search">
      {overRepresented.length === 0 ? (
        <Nothing what={`No attribute of ${attributesTested} tested sets slow requests apart.`} />
      ) : (
        <DataTable
          label="What slow requests have more often"
          columns={COLUMNS}
          rows={overRepresented}
          keyOf={one => `${one.service}${one.key}${one.value}`}
          minWidth={460}
        />
      )}
    </Section>
  );
}
