import { Group, Stack, Text } from '@mantine/core';
import { count, percent, target } from '../figure.ts';
import { Icon } from '../icon.tsx';
import type { ProposalStep } from './incident.ts';
import { readingsOf } from './readings.ts';

/** What the objectives said when it was checked whether a step helped. */
export function Check({ verification }: { verification: NonNullable<ProposalStep['verification']> }) {
  const readings = readingsOf(verification);
  if (readings.length === 0) return <Line healthy={verification.healthy} text={verification.figures} />;
  return (
    <Stack gap={2}>
      {readings.map(({ objective, errorRatio, target: promised, healthy, events }) => (
        <Line
          key={objective}
          healthy={healthy}
          text={
            errorRatio === null
              ? `${objective}: no data`
              : `${objective}: ${percent(1 - errorRatio)} good of ${count(Math.round(events))}, ${target(promised)} promised`
          }
        />
      ))}
    </Stack>
  );
}

function Line({ healthy, text }: { healthy: boolean | null; text: string }) {
  return (
    <Group gap={6} wrap="nowrap" align="flex-start">
      <Text component="span" mt={1} c={healthy === true ? 'teal' : healthy === null ? 'dimmed' : 'orange'}>
        <Icon name={healthy === null ? 'question' : healthy ? 'check' : 'alert'} size={14} />
      </Text>
      <Text size="xs" style={{ overflowWrap: 'anywhere' }}>
        {text}
      </Text>
    </Group>
  );
}
