import { Button, SegmentedControl, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Section } from '../section.tsx';
import type { Entry } from './incident.ts';
import { TimelineEntry } from './timeline-entry.tsx';

const SHOWN = 60;

/** All that happened, in UTC. Entries are only ever added; new ones appear by themselves. */
export function Timeline({ entries }: { entries: readonly Entry[] }) {
  const [order, setOrder] = useState<'newest' | 'oldest'>('newest');
  const [all, setAll] = useState(false);
  const sorted = order === 'newest' ? entries.toReversed() : [...entries];
  const shown = all ? sorted : sorted.slice(0, SHOWN);
  const days = new Set(entries.map(entry => entry.at.slice(0, 10)));
  return (
    <Section
      title="Timeline"
      icon="clock"
      aside={
        <SegmentedControl
          size="xs"
          value={order}
          onChange={value => setOrder(value === 'oldest' ? 'oldest' : 'newest')}
          data={[
            { value: 'newest', label: 'Newest first' },
            { value: 'oldest', label: 'Oldest first' },
          ]}
          aria-label="Order of the timeline"
        />
      }
    >
      <Stack
        gap={0}
        component="ol"
        m={0}
        p={0}
        style={{ listStyle: 'none' }}
        role="log"
        aria-live="polite"
        aria-label="Timeline, UTC"
      >
        {shown.map(entry => (
          <TimelineEntry key={entry.seq} entry={entry} withDate={days.size > 1} />
        ))}
      </Stack>
      {sorted.length > shown.length && (
        <Button variant="subtle" size="xs" mt="xs" onClick={() => setAll(true)}>
          Show {sorted.length - shown.length} {order === 'newest' ? 'earlier' : 'later'} entries
        </Button>
      )}
      {entries.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing has been recorded yet.
        </Text>
      )}
    </Section>
  );
}
