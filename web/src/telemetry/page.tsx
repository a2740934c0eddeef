import { Stack, Text, Title } from '@mantine/core';
import { CardinalityCard } from './cardinality.tsx';
import { Senders } from './senders.tsx';
import { StorageCard } from './storage.tsx';
import { TargetList } from './target-list.tsx';

/** Whether telemetry arrives, where it stays, and what it costs. */
export function TelemetryPage() {
  return (
    <Stack gap="md">
      <div>
        <Title order={1} size="h3">
          Telemetry
        </Title>
        <Text size="sm" c="dimmed">
          Whether it arrives, what is stored of it, and for how long.
        </Text>
      </div>
      <StorageCard />
      <CardinalityCard />
      <Senders />
      <TargetList />
    </Stack>
  );
}
