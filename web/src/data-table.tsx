import { Table, UnstyledButton } from '@mantine/core';
import type { ReactNode } from 'react';
import styles from './data-table.module.css';
import { Icon } from './icon.tsx';

export interface Column<R> {
  /** Tells it from the others; what sorting by it is called in an address. */
  key: string;
  head: ReactNode;
  /** What the head means, where its words are too few. */
  title?: string;
  /** Figures stand at the right, one below the other. */
  figure?: boolean;
  width?: number;
  /** So narrow that its words break badly it does not get. */
  least?: number;
  /** Left out on smaller screens: `sm` on a phone, `lg` on a tablet, too. */
  from?: 'sm' | 'lg';
  /** Rows can be sorted by it. */
  sortable?: boolean;
  cell(row: R): ReactNode;
}

export interface Sort {
  by: string;
  down: boolean;
}

/** Rows of the same kind. Scrolls within itself where it does not fit; heads that sort say how they do. */
export function DataTable<R>({
  label,
  columns,
  rows,
  keyOf,
  minWidth = 480,
  sort,
  onSort,
}: {
  /** What it shows, for those who do not see it. */
  label: string;
  columns: readonly Column<R>[];
  rows: readonly R[];
  keyOf(row: R): string;
  minWidth?: number;
  sort?: Sort | undefined;
  onSort?(sort: Sort): void;
}) {
  const look = ({ figure = false, from, least }: Column<R>) => ({
    ta: figure ? ('right' as const) : ('left' as const),
    ...(from === undefined ? {} : { visibleFrom: from }),
    ...(least === undefined ? {} : { miw: least }),
    ...(figure ? { className: styles.figure } : {}),
  });
  return (
    <Table.ScrollContainer minWidth={minWidth} type="native">
      <Table fz="sm" verticalSpacing={6} aria-label={label} className={styles.cells}>
        <Table.Thead>
          <Table.Tr>
            {columns.map(column => {
              const { key, head, title, width, sortable = false } = column;
              const active = sort?.by === key;
              const text = <span {...(title === undefined ? {} : { title })}>{head}</span>;
              return (
                <Table.Th
                  key={key}
                  scope="col"
                  {...look(column)}
                  {...(width === undefined ? {} : { w: width })}
                  {...(active
                    ? { 'aria-sort': sort.down ? ('descending' as const) : ('ascending' as const) }
                    : {})}
                >
                  {sortable && onSort !== undefined ? (
                    <UnstyledButton
                      className={styles.sort}
                      onClick={() => onSort({ by: key, down: active ? !sort.down : false })}
                    >
                      {text}
                      <span className={active ? undefined : styles.idle}>
                        <Icon name={active && !sort.down ? 'up' : 'down'} size={12} />
                      </span>
                    </UnstyledButton>
                  ) : (
                    text
                  )}
                </Table.Th>
              );
            })}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(row => (
            <Table.Tr key={keyOf(row)}>
              {columns.map(column => (
                <Table.Td key={column.key} {...look(column)}>
                  {column.cell(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
