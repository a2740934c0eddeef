import { Anchor, SimpleGrid, Stack } from '@mantine/core';
import { Link } from 'wouter';
import { arranged } from '../slo/order.ts';
import type { Slo } from '../slo/slo.ts';
import { SloTile } from '../slo/tile.tsx';

const SHOWN = 8;

/** The objectives that need somebody first; the parts of composite ones stand on the list only. */
export function Objectives({ slos }: { slos: readonly Slo[] }) {
  const rows = arranged(slos, { text: '', service: '', show: 'all' }).filter(
    ({ whole }) => whole === undefined,
  );
  return (
    <Stack gap="xs">
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
        {rows.slice(0, SHOWN).map(({ slo }) => (
          <SloTile key={slo.objective} slo={slo} />
        ))}
      </SimpleGrid>
      {slos.length > 0 && (
        <Anchor component={Link} href="/slos" size="sm">
          {rows.length > SHOWN ? `All objectives, ${rows.length - SHOWN} more` : 'All objectives'}
        </Anchor>
      )}
    </Stack>
  );
}
