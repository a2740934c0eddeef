import { Text, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { colorVariable } from '../chart/color.ts';
import { Details } from './details.tsx';
import styles from './line.module.css';
import { colorOf, type LogRecord } from './log.ts';

/** One line of a log; a click shows all that came with it. */
export function Line({
  record,
  marked = false,
  dated = false,
  onNarrow,
  onAround,
}: {
  record: LogRecord;
  /** The line that the others stand around. */
  marked?: boolean;
  /** With its date. */
  dated?: boolean;
  onNarrow?: (field: string, value: string, without: boolean) => void;
  onAround?: (record: LogRecord) => void;
}) {
  const [opened, setOpened] = useState(false);
  const { at, level, service, body } = record;
  return (
    <li
      className={styles.line}
      data-marked={marked}
      style={{ borderLeftColor: colorVariable(colorOf(level)) }}
    >
      <UnstyledButton className={styles.head} aria-expanded={opened} onClick={() => setOpened(!opened)}>
        <span className={styles.place}>
          <Text span ff="monospace" size="xs" c="dimmed">
            {dated ? `${at.slice(0, 10)} ` : ''}
            {at.slice(11, 23)}
          </Text>
          <Text span size="xs" fw={600} className={styles.level}>
            {level === '' ? '–' : level}
          </Text>
          <Text span size="xs" c="dimmed" className={styles.service}>
            {service}
          </Text>
        </span>
        <Text span ff="monospace" size="xs" className={opened ? styles.whole : styles.body}>
          {body === '' ? '(no text)' : body}
        </Text>
      </UnstyledButton>
      {opened && <Details record={record} onNarrow={onNarrow} onAround={onAround} />}
    </li>
  );
}
