import { Group, Paper, Table, Text, UnstyledButton } from '@mantine/core';
import { milliseconds, percent, perSecond } from '../figure.ts';
import { Icon } from '../icon.tsx';
import { HEALTH } from './health.ts';
import type { Place } from './service.ts';

/** The map as a table: the same figures, for reading and for the keyboard. */
export function PlaceTable({
  places,
  seconds,
  selected,
  onSelect,
}: {
  places: readonly Place[];
  seconds: number;
  selected: string | undefined;
  onSelect(id: string): void;
}) {
  return (
    <Paper withBorder p="xs">
      <Table.ScrollContainer minWidth={520}>
        <Table fz="sm" verticalSpacing={6} highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Name</Table.Th>
              <Table.Th>Health</Table.Th>
              <Table.Th>Release</Table.Th>
              <Table.Th ta="right">Rate</Table.Th>
              <Table.Th ta="right">Errors</Table.Th>
              <Table.Th ta="right">p99</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {places.map(place => {
              const { color, icon, words } = HEALTH[place.health];
              const { figures } = place;
              const none = figures === undefined || figures.count === 0;
              return (
                <Table.Tr
                  key={place.id}
                  {...(place.id === selected ? { bg: 'var(--mantine-primary-color-light)' } : {})}
                >
                  <Table.Td>
                    <UnstyledButton onClick={() => onSelect(place.id)} fz="sm" fw={600}>
                      {place.title}
                    </UnstyledButton>
                  </Table.Td>
                  <Table.Td>
                    <Group
                      gap={4}
                      wrap="nowrap"
                      c={`light-dark(var(--mantine-color-${color}-9), var(--mantine-color-${color}-4))`}
                    >
                      <Icon name={icon} size={14} />
                      <Text size="sm">{words}</Text>
                    </Group>
                  </Table.Td>
                  <Table.Td ff="monospace">{place.running?.release ?? ''}</Table.Td>
                  <Table.Td ta="right">{none ? '–' : perSecond(figures.count / seconds)}</Table.Td>
                  <Table.Td ta="right">{none ? '–' : percent(figures.errors / figures.count)}</Table.Td>
                  <Table.Td ta="right">{none ? '–' : milliseconds(figures.p99Ms)}</Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  );
}
