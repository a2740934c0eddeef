import { Badge, Tooltip } from '@mantine/core';
import type { Incident } from './incident.ts';

const COLORS: Record<Incident['severity'], string> = {
  SEV1: 'red.8',
  SEV2: 'orange.8',
  SEV3: 'yellow.8',
  SEV4: 'gray.7',
};
const MEANS: Record<Incident['severity'], string> = {
  SEV1: 'Users notice at once; somebody is woken.',
  SEV2: 'Many users notice; somebody is woken.',
  SEV3: 'Some users notice; it waits for the day.',
  SEV4: 'Nobody notices for a day.',
};

export function SeverityBadge({
  of,
  why,
  size = 'lg',
}: {
  of: Incident['severity'];
  why?: string;
  size?: string;
}) {
  return (
    <Tooltip label={why === undefined ? MEANS[of] : `${MEANS[of]} ${of}: ${why}.`} multiline maw={320}>
      <Badge color={COLORS[of]} variant="filled" radius="sm" size={size} style={{ flexShrink: 0 }}>
        {of}
      </Badge>
    </Tooltip>
  );
}
