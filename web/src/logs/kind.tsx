import { Anchor, Badge, Code, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Range } from '../explore/range.ts';
import { colorOf, LEVELS, type Level, logsAddress, phraseOf } from './log.ts';

/** One kind of log line: what it says, of which service and level, and the ways to its lines and to an example. */
export function Kind({
  kind: { pattern, service, level, exampleTraceId },
  range,
  children,
}: {
  kind: { pattern: string; service: string; level: string; exampleTraceId?: string | undefined };
  range: Range;
  children?: ReactNode;
}) {
  const phrase = phraseOf(pattern);
  const known = (LEVELS as readonly string[]).includes(level);
  return (
    <>
      <Group gap={6} mb={2}>
        {children}
        <Badge size="xs" variant="dot" radius="sm" color={colorOf(level)}>
          {level === '' ? 'no level' : level}
        </Badge>
        <Text size="xs" c="dimmed">
          {service}
        </Text>
        {phrase !== undefined && (
          <Anchor
            component={Link}
            href={logsAddress({ query: phrase, service, ...(known ? { level: level as Level } : {}) }, range)}
            size="xs"
          >
            Its lines
          </Anchor>
        )}
        {exampleTraceId !== undefined && (
          <Anchor component={Link} href={`/traces/${exampleTraceId}`} size="xs">
            A trace
          </Anchor>
        )}
      </Group>
      <Code style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{pattern}</Code>
    </>
  );
}
