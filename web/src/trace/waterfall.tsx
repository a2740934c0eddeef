import { Badge, Code, Group, Text, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { milliseconds } from '../figure.ts';
import { Icon } from '../icon.tsx';
import { Bar, type Segment } from './bar.tsx';
import { SpanDetails } from './span-details.tsx';
import { inTree, type Span, type Trace } from './tree.ts';
import styles from './waterfall.module.css';

const MOST = 500;
const MARKS = [0, 0.25, 0.5, 0.75, 1];

/** The spans of a trace over time, callers above what they call, with what the trace waited for. */
export function Waterfall({
  trace: { spans, bottleneck, criticalPath, errorOrigins, repeats },
  lengthMs,
}: {
  trace: Trace;
  lengthMs: number;
}) {
  const rows = inTree(spans);
  const waited = Map.groupBy(criticalPath, ({ spanId }) => spanId);
  const origins = new Set(errorOrigins.map(({ spanId }) => spanId));
  const repeated = new Set(repeats.flatMap(({ spanIds }) => spanIds));
  return (
    <>
      <div className={styles.row} aria-hidden="true">
        <span className={styles.name} />
        <div className={styles.axis}>
          {MARKS.map(mark => (
            <Text key={mark} size="xs" c="dimmed">
              {milliseconds(mark * lengthMs)}
            </Text>
          ))}
        </div>
      </div>
      <ol className={styles.rows} aria-label="Spans">
        {rows.slice(0, MOST).map(({ span, depth }) => (
          <Row
            key={span.spanId}
            span={span}
            depth={depth}
            waited={waited.get(span.spanId) ?? []}
            lengthMs={lengthMs}
            slowest={span.spanId === bottleneck.spanId}
            origin={origins.has(span.spanId)}
            repeated={repeated.has(span.spanId)}
          />
        ))}
      </ol>
      {rows.length > MOST && (
        <Text size="sm" c="dimmed">
          {rows.length - MOST} more spans are not shown.
        </Text>
      )}
    </>
  );
}

function Row({
  span,
  depth,
  waited,
  lengthMs,
  slowest,
  origin,
  repeated,
}: {
  span: Span;
  depth: number;
  waited: readonly Segment[];
  lengthMs: number;
  slowest: boolean;
  origin: boolean;
  repeated: boolean;
}) {
  const [opened, setOpened] = useState(false);
  const { service, operation, status, statusMessage, attributes, durationMs } = span;
  const failed = status === 'error';
  const statement = attributes['db.query.text'] ?? attributes['db.statement'];
  const waitedMs = waited.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  return (
    <li>
      <div className={styles.row}>
        <div className={styles.name} style={{ paddingLeft: Math.min(depth, 12) * 14 }}>
          <UnstyledButton
            aria-expanded={opened}
            onClick={() => setOpened(!opened)}
            w="100%"
            title={`${service} ${operation}`}
          >
            <Text size="sm" truncate>
              {failed && (
                <Text span c="red" title="error">
                  <Icon name="alert" size={13} />{' '}
                </Text>
              )}
              <Text span fw={600} size="sm">
                {service}
              </Text>{' '}
              {operation}
            </Text>
          </UnstyledButton>
          {(slowest || origin || repeated) && (
            <Group gap={4}>
              {slowest && <Mark color="orange" words={`bottleneck: ${milliseconds(waitedMs)}`} />}
              {origin && <Mark color="red" words="the error began here" />}
              {repeated && <Mark color="grape" words="again and again" />}
            </Group>
          )}
          {failed && statusMessage !== undefined && (
            <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              {statusMessage}
            </Text>
          )}
          {statement !== undefined && slowest && (
            <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
              {statement}
            </Code>
          )}
        </div>
        <Bar span={span} waited={waited} lengthMs={lengthMs} />
        <Text
          size="xs"
          ta="right"
          style={{ fontVariantNumeric: 'tabular-nums' }}
          fw={slowest ? 700 : 400}
          title={
            waitedMs > 0 ? `${milliseconds(waitedMs)} of it on the critical path` : 'not on the critical path'
          }
        >
          {milliseconds(durationMs)}
        </Text>
      </div>
      {opened && <SpanDetails span={span} />}
    </li>
  );
}

function Mark({ color, words }: { color: string; words: string }) {
  return (
    <Badge size="xs" variant="light" radius="sm" color={color} miw="max-content">
      {words}
    </Badge>
  );
}
