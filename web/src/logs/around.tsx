import { Button, Modal, Stack } from '@mantine/core';
import { useState } from 'react';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import styles from './line.module.css';
import { Line } from './line.tsx';
import type { LogRecord } from './log.ts';

const MORE = 20;
const MOST = 200;

/** What the same service and instance wrote before and after a line. */
export function Around({ record, onClose }: { record: LogRecord; onClose(): void }) {
  const [lines, setLines] = useState(10);
  const asked = useOperation('logs.context', { id: record.id, before: lines, after: lines });
  return (
    <Modal opened onClose={onClose} title={`Around this line of ${record.service}`} size="xl">
      <Answer query={asked} height={300}>
        {({ before, line, after }) => (
          <Stack gap="sm">
            <ol className={styles.lines} aria-label="Lines around it">
              {before.map(one => (
                <Line key={one.id} record={one} />
              ))}
              <Line record={line} marked />
              {after.map(one => (
                <Line key={one.id} record={one} />
              ))}
            </ol>
            {lines < MOST && (before.length === lines || after.length === lines) && (
              <Button size="xs" variant="default" onClick={() => setLines(lines + MORE)}>
                {MORE} more on both sides
              </Button>
            )}
          </Stack>
        )}
      </Answer>
    </Modal>
  );
}
