import { Anchor, Group, Text } from '@mantine/core';
import { Link } from 'wouter';
import { type Column, DataTable, type Sort } from '../data-table.tsx';
import { percent, target, times } from '../figure.ts';
import { BudgetBar } from './budget-bar.tsx';
import type { Row } from './order.ts';
import { burnNow, type Slo, sloAddress, windowWords } from './slo.ts';
import { SloState } from './state.tsx';

/** Drawn at once; whoever has more finds what is looked for by the filter. */
const SHOWN = 200;

export function ListTable({
  rows,
  sort,
  onSort,
}: {
  rows: readonly Row[];
  sort: Sort | undefined;
  onSort(sort: Sort): void;
}) {
  return (
    <>
      <DataTable
        label="Objectives"
        columns={COLUMNS}
        rows={rows.slice(0, SHOWN)}
        keyOf={({ slo }) => slo.objective}
        minWidth={290}
        sort={sort ?? { by: 'state', down: false }}
        onSort={onSort}
      />
      {rows.length > SHOWN && (
        <Text size="xs" c="dimmed">
          {rows.length - SHOWN} more are not shown: find them by name or service.
        </Text>
      )}
    </>
  );
}

const COLUMNS: readonly Column<Row>[] = [
  {
    key: 'state',
    head: 'State',
    width: 130,
    from: 'sm',
    sortable: true,
    cell: ({ slo }) => <SloState slo={slo} />,
  },
  { key: 'name', head: 'Objective', sortable: true, cell: row => <Name row={row} /> },
  {
    key: 'budget',
    head: 'Budget left',
    sortable: true,
    cell: ({ slo }) => (
      <div style={{ minWidth: 120, maxWidth: 300 }}>
        <BudgetBar slo={slo} brief />
        <Text size="xs" c="dimmed" hiddenFrom="sm" mt={4}>
          {burnWords(slo)}
        </Text>
      </div>
    ),
  },
  {
    key: 'burn',
    head: 'Burns now',
    title: 'How many times faster than the budget would last, over about an hour',
    figure: true,
    from: 'sm',
    sortable: true,
    cell: ({ slo }) => {
      const burn = burnNow(slo);
      if (burn === undefined)
        return (
          <Text span size="sm" c="dimmed">
            not known
          </Text>
        );
      const fast = burn.burnRate > 1;
      return (
        <Text
          span
          size="sm"
          fw={fast ? 700 : 400}
          title={`Over ${windowWords(burn.window)}`}
          {...(fast ? { c: 'light-dark(var(--mantine-color-orange-9), var(--mantine-color-orange-4))' } : {})}
        >
          {times(burn.burnRate)}
        </Text>
      );
    },
  },
  {
    key: 'good',
    head: 'Good, of what is promised',
    figure: true,
    from: 'sm',
    sortable: true,
    cell: ({ slo }) => (
      <>
        {slo.sli === undefined ? 'not known' : percent(slo.sli)}
        <Text size="xs" c="dimmed">
          of {target(slo.target)} over {windowWords(slo.window)}
        </Text>
      </>
    ),
  },
];

function burnWords(slo: Slo): string {
  const burn = burnNow(slo);
  return burn === undefined
    ? 'burn not known'
    : `burns ${times(burn.burnRate)} over ${windowWords(burn.window)}`;
}

function Name({ row: { slo, whole } }: { row: Row }) {
  return (
    <div style={{ minWidth: 140, overflowWrap: 'anywhere', paddingLeft: whole === undefined ? 0 : 14 }}>
      <Group hiddenFrom="sm" mb={2}>
        <SloState slo={slo} />
      </Group>
      <Anchor component={Link} href={sloAddress(slo.objective)} size="sm" fw={600}>
        {slo.displayName}
      </Anchor>
      <Text size="xs" c="dimmed">
        {whole === undefined ? slo.service : `Part of ${whole.displayName}`}
        {slo.reason === undefined ? '' : `: ${slo.reason}`}
      </Text>
    </div>
  );
}
