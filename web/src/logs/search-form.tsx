import { ActionIcon, Code, NativeSelect, Popover, Table, Text, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { Range } from '../explore/range.ts';
import { SearchFrame } from '../explore/search-frame.tsx';
import { ServiceField } from '../explore/service-field.tsx';
import { Icon } from '../icon.tsx';
import { LEVELS, type Level, type LogSearch } from './log.ts';

/** What lines are looked for. `aside` stands beside the button. */
export function SearchForm({
  search,
  range,
  onSearch,
  aside,
}: {
  search: LogSearch;
  range: Range;
  onSearch(search: LogSearch): void;
  aside?: ReactNode;
}) {
  const [draft, setDraft] = useState(search);
  return (
    <SearchFrame aside={aside} onAsk={() => onSearch(draft)}>
      <TextInput
        label="Query"
        placeholder='level:error "pool exhausted" http.status_code>=500 -healthz'
        size="xs"
        maxLength={2000}
        value={draft.query}
        onChange={event => setDraft({ ...draft, query: event.currentTarget.value })}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        rightSection={<Language />}
        style={{ flex: '4 1 300px' }}
      />
      <ServiceField
        value={draft.service}
        range={range}
        onChange={service => setDraft({ ...draft, service })}
      />
      <NativeSelect
        label="Level"
        size="xs"
        value={draft.level}
        data={[
          { value: '', label: 'Any' },
          ...LEVELS.filter(level => level !== 'unknown').map(level => ({
            value: level,
            label: level === 'fatal' ? level : `${level} and worse`,
          })),
        ]}
        onChange={event => {
          const next = { ...draft, level: event.currentTarget.value as Level | '' };
          setDraft(next);
          onSearch(next);
        }}
        style={{ flex: '1 1 110px', maxWidth: 160 }}
      />
    </SearchFrame>
  );
}

const EXAMPLES = [
  ['timeout', 'the word in the text or in an attribute, in any case'],
  ['"pool exhausted"', 'these words one after another'],
  ['level>=warn', 'this level and worse'],
  ['service:payments', 'a service'],
  ['http.status_code>=500', 'a number in an attribute'],
  ['body~/time.*out/', 'a regular expression (RE2)'],
  ['user:*@shop.example', 'any characters'],
  ['-healthz', 'lines without it'],
  ['(a OR b) c', 'one of two, and a third'],
] as const;

function Language() {
  return (
    <Popover position="bottom-end" withArrow shadow="md">
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label="How a query is written">
          <Icon name="question" size={14} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown maw="92vw">
        <Text size="sm" fw={600} mb={4}>
          How a query is written
        </Text>
        <Table fz="xs" verticalSpacing={2} withRowBorders={false}>
          <Table.Tbody>
            {EXAMPLES.map(([text, means]) => (
              <Table.Tr key={text}>
                <Table.Td>
                  <Code>{text}</Code>
                </Table.Td>
                <Table.Td>{means}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Popover.Dropdown>
    </Popover>
  );
}
