import { Badge, Tooltip } from '@mantine/core';
import { Icon, type IconName } from '../icon.tsx';
import type { Slo } from './slo.ts';

export const SLO_STATES: Record<
  Slo['state'],
  { color: string; icon: IconName; words: string; means: string }
> = {
  ok: {
    color: 'teal',
    icon: 'check',
    words: 'met',
    means: 'There is budget left, and it does not burn fast enough for a page.',
  },
  at_risk: {
    color: 'orange',
    icon: 'alert',
    words: 'at risk',
    means: 'Little of the budget is left, or it burns so fast that somebody is paged.',
  },
  exhausted: {
    color: 'red',
    icon: 'stop',
    words: 'exhausted',
    means: 'More went wrong than the objective allows.',
  },
  no_data: {
    color: 'gray',
    icon: 'question',
    words: 'no data',
    means: 'Nothing is known: that is not the same as fine.',
  },
};

export function SloState({ slo: { state, reason } }: { slo: Pick<Slo, 'state' | 'reason'> }) {
  const { color, icon, words, means } = SLO_STATES[state];
  return (
    <Tooltip label={reason ?? means} multiline maw={320}>
      <Badge
        variant="light"
        color={color}
        radius="sm"
        miw="max-content"
        leftSection={<Icon name={icon} size={12} />}
        style={{ flexShrink: 0 }}
      >
        {words}
      </Badge>
    </Tooltip>
  );
}
