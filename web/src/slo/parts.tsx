import { Anchor, Progress, Text } from '@mantine/core';
import { Link } from 'wouter';
import { useOperation } from '../api.ts';
import { type Column, DataTable } from '../data-table.tsx';
import { percent, target, times } from '../figure.ts';
import { Section } from '../section.tsx';
import { BudgetBar } from './budget-bar.tsx';
import { BUDGET_MS, burnNow, type Slo, type SloView, sloAddress } from './slo.ts';

type Part = NonNullable<SloView['parts']>[number] & { share: number; slo?: Slo | undefined };

/** What a composite objective is made of: how much each part weighs, and how it stands itself. */
export function Parts({ parts, service }: { parts: NonNullable<SloView['parts']>; service: string }) {
  const asked = useOperation('slo.list', { service }, { everyMs: BUDGET_MS });
  const weights = parts.reduce((sum, { weight }) => sum + weight, 0);
  const rows = parts.map(
    (part): Part => ({
      ...part,
      share: part.weight / weights,
      slo: asked.data?.slos.find(({ objective }) => objective === part.objective),
    }),
  );
  return (
    <Section title="Made of" icon="queue">
      <DataTable
        label="Parts"
        columns={COLUMNS}
        rows={rows}
        keyOf={({ objective }) => objective}
        minWidth={280}
      />
      <Text size="xs" c="dimmed" mt="xs">
        The whole burns as fast as its parts in the mean, by weight. A part without data makes the whole no
        data.
      </Text>
    </Section>
  );
}

const COLUMNS: readonly Column<Part>[] = [
  {
    key: 'part',
    head: 'Part',
    cell: ({ objective, displayName, slo }) => (
      <>
        <Anchor component={Link} href={sloAddress(objective)} size="sm" fw={600}>
          {displayName}
        </Anchor>
        {slo !== undefined && (
          <Text size="xs" c="dimmed">
            {target(slo.target)} promised
          </Text>
        )}
      </>
    ),
  },
  {
    key: 'weight',
    head: 'Weight',
    figure: true,
    cell: ({ weight, share }) => (
      <div style={{ minWidth: 70 }}>
        {weight} ({percent(share)})
        <Progress
          size="sm"
          value={share * 100}
          color="cyan.6"
          aria-label={`${percent(share)} of the weight`}
        />
      </div>
    ),
  },
  {
    key: 'budget',
    head: 'Its budget left',
    from: 'sm',
    cell: ({ slo }) => (slo === undefined ? '–' : <BudgetBar slo={slo} brief />),
  },
  {
    key: 'burn',
    head: 'Burns now',
    figure: true,
    cell: ({ slo }) => {
      const burn = slo === undefined ? undefined : burnNow(slo);
      return burn === undefined ? 'not known' : times(burn.burnRate);
    },
  },
];
