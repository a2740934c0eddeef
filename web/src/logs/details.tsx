import { ActionIcon, Anchor, Button, Group, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import { Icon } from '../icon.tsx';
import type { LogRecord } from './log.ts';

/** What came with a line: its attributes, its trace, and the way to the lines around it. */
export function Details({
  record: { attributes, traceId, spanId, service, instance, ...record },
  onNarrow,
  onAround,
}: {
  record: LogRecord;
  onNarrow: ((field: string, value: string, without: boolean) => void) | undefined;
  onAround: ((record: LogRecord) => void) | undefined;
}) {
  const fields = [
    ['service', service] as const,
    ...Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  ];
  return (
    <div style={{ padding: '4px 12px 12px' }}>
      <Group gap="xs" mb={6}>
        {onAround !== undefined && (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<Icon name="document" size={12} />}
            onClick={() => onAround({ attributes, service, ...record })}
          >
            Lines around it
          </Button>
        )}
        {traceId !== undefined && (
          <Button
            component={Link}
            href={`/traces/${traceId}`}
            size="compact-xs"
            variant="default"
            leftSection={<Icon name="clock" size={12} />}
          >
            Its trace
          </Button>
        )}
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {record.at.replace('T', ' ').replace('Z', ' UTC')}
          {instance === undefined ? '' : ` · ${instance}`}
          {spanId === undefined ? '' : ` · span ${spanId}`}
        </Text>
      </Group>
      <Table fz="xs" verticalSpacing={2} layout="fixed">
        <Table.Tbody>
          {fields.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Td w="34%" style={{ overflowWrap: 'anywhere' }}>
                {name}
              </Table.Td>
              <Table.Td ff="monospace" style={{ overflowWrap: 'anywhere' }}>
                {name === 'service' ? (
                  <Anchor component={Link} href={`/services?service=${encodeURIComponent(value)}`} size="xs">
                    {value}
                  </Anchor>
                ) : (
                  value
                )}
              </Table.Td>
              {onNarrow !== undefined && (
                <Table.Td w={64}>
                  <Group gap={4} wrap="nowrap" justify="flex-end">
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      size="xs"
                      aria-label={`Only lines with this ${name}`}
                      onClick={() => onNarrow(name, value, false)}
                    >
                      <Icon name="plus" size={12} />
                    </ActionIcon>
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      size="xs"
                      aria-label={`Lines without this ${name}`}
                      onClick={() => onNarrow(name, value, true)}
                    >
                      <Icon name="minus" size={12} />
                    </ActionIcon>
                  </Group>
                </Table.Td>
              )}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
