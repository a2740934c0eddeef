import { Code, Text } from '@mantine/core';
import { milliseconds } from '../figure.ts';
import { Icon } from '../icon.tsx';
import { inTree, type Span } from './tree.ts';
import styles from './waterfall.module.css';

const MOST = 500;

/** The spans of a trace over time, callers above what they call. */
export function Waterfall({
  spans,
  slowest,
  lengthMs,
}: {
  spans: readonly Span[];
  slowest: string;
  lengthMs: number;
}) {
  const rows = inTree(spans);
  const share = (ms: number) => `${(100 * ms) / Math.max(lengthMs, 0.001)}%`;
  return (
    <>
      <ol className={styles.rows} aria-label="Spans">
        {rows.slice(0, MOST).map(({ span, depth }) => {
          const failed = span.status === 'error';
          const statement = span.attributes['db.query.text'] ?? span.attributes['db.statement'];
          return (
            <li key={span.spanId} className={styles.row}>
              <div className={styles.name} style={{ paddingLeft: Math.min(depth, 12) * 14 }}>
                <Text size="sm" truncate title={`${span.service} ${span.operation}`}>
                  {failed && (
                    <Text span c="red" title="error">
                      <Icon name="alert" size={13} />{' '}
                    </Text>
                  )}
                  <Text span fw={600} size="sm">
                    {span.service}
                  </Text>{' '}
                  {span.operation}
                </Text>
                {failed && span.statusMessage !== undefined && (
                  <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                    {span.statusMessage}
                  </Text>
                )}
                {statement !== undefined && span.spanId === slowest && (
                  <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
                    {statement}
                  </Code>
                )}
              </div>
              <div className={styles.track}>
                <div
                  className={styles.bar}
                  data-failed={failed}
                  data-slowest={span.spanId === slowest}
                  style={{ left: share(span.offsetMs), width: share(span.durationMs) }}
                />
              </div>
              <Text
                size="xs"
                ta="right"
                style={{ fontVariantNumeric: 'tabular-nums' }}
                fw={span.spanId === slowest ? 700 : 400}
              >
                {milliseconds(span.durationMs)}
              </Text>
            </li>
          );
        })}
      </ol>
      {rows.length > MOST && (
        <Text size="sm" c="dimmed">
          {rows.length - MOST} more spans are not shown.
        </Text>
      )}
    </>
  );
}
