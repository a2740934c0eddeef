import { Badge } from '@mantine/core';
import { Icon } from '../icon.tsx';
import { type Probe, STATUSES } from './probe.ts';

export function ProbeStatus({ status }: { status: Probe['status'] }) {
  const { words, color, icon } = STATUSES[status];
  return (
    <Badge
      variant="light"
      color={color}
      radius="sm"
      miw="max-content"
      leftSection={<Icon name={icon} size={12} />}
    >
      {words}
    </Badge>
  );
}
