import { ActionIcon, Button, Group, NativeSelect, Popover, Stack, TextInput, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { Icon } from '../icon.tsx';
import { boundsOf, PRESETS, type Range, shifted, zoomedOut } from './range.ts';

/** Chooses the window: up to now, or between two instants; earlier, later, and wider with one click each. */
export function RangePicker({ range, onChange }: { range: Range; onChange(range: Range): void }) {
  const preset = 'last' in range ? PRESETS.find(({ last }) => last === range.last) : undefined;
  const own =
    preset !== undefined
      ? []
      : [
          'last' in range
            ? { value: range.last, label: `Last ${range.last}` }
            : { value: 'between', label: `${shortly(range.from)} to ${shortly(range.to)} UTC` },
        ];
  return (
    <Group gap={6} wrap="nowrap">
      <Step label="Earlier" icon="left" onClick={() => onChange(shifted(range, Date.now(), -1))} />
      <NativeSelect
        aria-label="Window"
        size="xs"
        value={'last' in range ? range.last : 'between'}
        data={[...own, ...PRESETS.map(({ last, words }) => ({ value: last, label: words }))]}
        onChange={({ currentTarget: { value } }) => {
          if (value !== 'between') onChange({ last: value });
        }}
        style={{ minWidth: 0, flex: '0 1 auto' }}
      />
      <Step
        label="Later"
        icon="right"
        disabled={'last' in range}
        onClick={() => onChange(shifted(range, Date.now(), 1))}
      />
      <Step label="Wider" icon="minus" onClick={() => onChange(zoomedOut(range, Date.now()))} />
      <FromTo range={range} onChange={onChange} />
    </Group>
  );
}

function Step({
  label,
  icon,
  disabled = false,
  onClick,
}: {
  label: string;
  icon: 'left' | 'right' | 'minus';
  disabled?: boolean;
  onClick(): void;
}) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" size={30} aria-label={label} disabled={disabled} onClick={onClick}>
        <Icon name={icon} size={14} />
      </ActionIcon>
    </Tooltip>
  );
}

function FromTo({ range, onChange }: { range: Range; onChange(range: Range): void }) {
  const [opened, { toggle, close }] = useDisclosure();
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const open = () => {
    const bounds = boundsOf(range, Date.now());
    setFrom(fieldOf(bounds.from));
    setTo(fieldOf(bounds.to));
    toggle();
  };
  const [begin, end] = [Date.parse(`${from}Z`), Date.parse(`${to}Z`)];
  const wrong = !(begin < end);
  return (
    <Popover opened={opened} onChange={close} trapFocus position="bottom-end" withArrow shadow="md">
      <Popover.Target>
        <Button variant="default" size="xs" px={8} onClick={open} aria-label="From and to">
          <Icon name="clock" size={14} />
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={event => {
            event.preventDefault();
            if (wrong) return;
            onChange({ from: new Date(begin).toISOString(), to: new Date(end).toISOString() });
            close();
          }}
        >
          <Stack gap="xs">
            <TextInput
              type="datetime-local"
              step={1}
              size="xs"
              label="From (UTC)"
              value={from}
              onChange={event => setFrom(event.currentTarget.value)}
            />
            <TextInput
              type="datetime-local"
              step={1}
              size="xs"
              label="To (UTC)"
              value={to}
              error={wrong ? 'It ends before it begins.' : undefined}
              onChange={event => setTo(event.currentTarget.value)}
            />
            <Button size="xs" type="submit" disabled={wrong}>
              Show this window
            </Button>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}

/** As a field for date and time holds it, in UTC. */
function fieldOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}

function shortly(instant: string): string {
  return `${instant.slice(5, 10)} ${instant.slice(11, 19)}`;
}
