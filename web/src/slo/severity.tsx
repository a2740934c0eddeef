import { Badge } from '@mantine/core';
import { Icon } from '../icon.tsx';

/** What an alert does: it calls a person, or waits until somebody has time. */
export function SeverityBadge({ severity }: { severity: 'page' | 'ticket' }) {
  const pages = severity === 'page';
  return (
    <Badge
      miw="max-content"
      variant="light"
      radius="sm"
      color={pages ? 'red' : 'gray'}
      leftSection={<Icon name={pages ? 'bell' : 'document'} size={12} />}
    >
      {severity}
    </Badge>
  );
}
