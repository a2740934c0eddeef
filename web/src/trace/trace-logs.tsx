import { Anchor, Text } from '@mantine/core';
import { Link } from 'wouter';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import styles from '../logs/line.module.css';
import { Line } from '../logs/line.tsx';
import { logsAddress } from '../logs/log.ts';
import { Section } from '../section.tsx';

const LIMIT = 200;
/** Lines are written a little before and after the spans that they belong to. */
const AROUND_MS = 60_000;

/** What was logged in a trace, the oldest first. */
export function TraceLogs({ traceId, from, to }: { traceId: string; from: number; to: number }) {
  const window = {
    from: new Date(from - AROUND_MS).toISOString(),
    to: new Date(to + AROUND_MS).toISOString(),
  };
  const asked = useOperation('logs.search', { traceId, ...window, limit: LIMIT });
  return (
    <Section
      title="Its log lines"
      icon="document"
      aside={
        <Anchor component={Link} href={logsAddress({}, window)} size="sm">
          All logs of this time
        </Anchor>
      }
    >
      <Answer query={asked} height={80}>
        {({ logs }) =>
          logs.length === 0 ? (
            <Text size="sm" c="dimmed">
              No log line names this trace.
            </Text>
          ) : (
            <>
              <ol className={styles.lines} aria-label="Lines">
                {logs.toReversed().map(record => (
                  <Line key={record.id} record={record} />
                ))}
              </ol>
              {logs.length === LIMIT && (
                <Text size="xs" c="dimmed">
                  The newest {LIMIT}.
                </Text>
              )}
            </>
          )
        }
      </Answer>
    </Section>
  );
}
