import { Group, NativeSelect, SegmentedControl, TextInput } from '@mantine/core';
import { type Show, shows, type Wanted } from './order.ts';
import type { Slo } from './slo.ts';

const WORDS: readonly { show: Show; words: string }[] = [
  { show: 'all', words: 'All' },
  { show: 'trouble', words: 'In trouble' },
  { show: 'no_data', words: 'No data' },
  { show: 'ok', words: 'Met' },
];

/** Which objectives the list shows, with how many of each there are. */
export function ListFilter({
  slos,
  wanted,
  onChange,
}: {
  slos: readonly Slo[];
  wanted: Wanted;
  onChange(wanted: Wanted): void;
}) {
  const services = [...new Set(slos.map(({ service }) => service))].toSorted();
  return (
    <Group gap="sm" align="flex-end">
      <SegmentedControl
        size="xs"
        aria-label="Which objectives"
        value={wanted.show}
        data={WORDS.map(({ show, words }) => ({
          value: show,
          label: `${words} ${slos.filter(slo => shows(slo, show)).length}`,
        }))}
        onChange={value =>
          onChange({ ...wanted, show: WORDS.find(one => one.show === value)?.show ?? 'all' })
        }
      />
      <TextInput
        size="xs"
        aria-label="Find an objective"
        placeholder="Find an objective"
        maxLength={128}
        value={wanted.text}
        onChange={event => onChange({ ...wanted, text: event.currentTarget.value })}
        style={{ flex: '1 1 160px', maxWidth: 280 }}
      />
      {services.length > 1 && (
        <NativeSelect
          size="xs"
          aria-label="Service"
          value={wanted.service}
          data={[{ value: '', label: 'All services' }, ...services]}
          onChange={event => onChange({ ...wanted, service: event.currentTarget.value })}
        />
      )}
    </Group>
  );
}
