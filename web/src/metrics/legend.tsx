import { Checkbox, Table, Text, UnstyledButton } from '@mantine/core';
import { colorVariable } from '../chart/color.ts';
import styles from '../chart/swatch.module.css';
import { short } from '../figure.ts';
import type { Line } from './series.ts';

/** The lines by name, with figures; each can be hidden, or shown alone. */
export function Legend({
  lines,
  hidden,
  onHidden,
  onPoint,
}: {
  lines: readonly Line[];
  hidden: ReadonlySet<string>;
  onHidden(hidden: ReadonlySet<string>): void;
  /** Told which line is pointed at. */
  onPoint(key: string | undefined): void;
}) {
  const alone = (key: string) =>
    lines.length - lines.filter(line => hidden.has(line.key)).length === 1 && !hidden.has(key);
  return (
    <Table.ScrollContainer minWidth={340} mah={280}>
      <Table fz="xs" verticalSpacing={3} highlightOnHover stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={28} />
            <Table.Th>Series</Table.Th>
            <Table.Th ta="right">Last</Table.Th>
            <Table.Th ta="right">Lowest</Table.Th>
            <Table.Th ta="right">Highest</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lines.map(({ key, label, color, last, lowest, highest }) => (
            <Table.Tr key={key} onMouseEnter={() => onPoint(key)} onMouseLeave={() => onPoint(undefined)}>
              <Table.Td>
                <Checkbox
                  size="xs"
                  aria-label={`Show ${label}`}
                  checked={!hidden.has(key)}
                  onChange={() => {
                    const next = new Set(hidden);
                    if (!next.delete(key)) next.add(key);
                    onHidden(next);
                  }}
                />
              </Table.Td>
              <Table.Td>
                <UnstyledButton
                  fz="xs"
                  title={alone(key) ? 'Show all' : 'Show only this'}
                  onClick={() =>
                    onHidden(
                      alone(key)
                        ? new Set()
                        : new Set(lines.map(line => line.key).filter(other => other !== key)),
                    )
                  }
                >
                  <span className={styles.swatch} style={{ background: colorVariable(color) }} />{' '}
                  <Text span size="xs" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
                    {label}
                  </Text>
                </UnstyledButton>
              </Table.Td>
              <Table.Td ta="right">{last === undefined ? '–' : short(last)}</Table.Td>
              <Table.Td ta="right">{Number.isFinite(lowest) ? short(lowest) : '–'}</Table.Td>
              <Table.Td ta="right">{Number.isFinite(highest) ? short(highest) : '–'}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
