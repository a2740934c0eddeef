import { Group, Table, Text } from '@mantine/core';
import { colorVariable } from '../chart/color.ts';
import swatch from '../chart/swatch.module.css';
import { milliseconds } from '../figure.ts';
import { Icon } from '../icon.tsx';
import { Time } from '../time.tsx';
import { type Attempt, OUTCOMES, PHASES } from './probe.ts';

const COLORS: Record<(typeof PHASES)[number], string> = {
  resolve: 'grape.5',
  connect: 'orange.5',
  tls: 'teal.5',
  request: 'gray.5',
  processing: 'cyan.6',
  transfer: 'indigo.4',
};

/** Attempts one by one, each with where its time went. */
export function Attempts({ attempts }: { attempts: readonly Attempt[] }) {
  const longest = attempts.reduce((most, { durationMs }) => Math.max(most, durationMs), 0.001);
  const seen = PHASES.filter(phase => attempts.some(({ phases }) => (phases[phase] ?? 0) > 0));
  return (
    <>
      <Table.ScrollContainer minWidth={480}>
        <Table fz="sm" verticalSpacing={6} aria-label="Attempts">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>At</Table.Th>
              <Table.Th>Ended in</Table.Th>
              <Table.Th w="45%">Time by phase</Table.Th>
              <Table.Th ta="right">Took</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {attempts.map(attempt => (
              <Row key={attempt.at} attempt={attempt} longest={longest} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Group gap="md">
        {seen.map(phase => (
          <Text key={phase} size="xs" c="dimmed">
            <span className={swatch.swatch} style={{ background: colorVariable(COLORS[phase]) }} /> {phase}
          </Text>
        ))}
      </Group>
    </>
  );
}

function Row({ attempt, longest }: { attempt: Attempt; longest: number }) {
  const { at, outcome, error, durationMs, phases, http } = attempt;
  const { words, color, icon } = OUTCOMES[outcome];
  const known = PHASES.flatMap(phase => {
    const ms = phases[phase];
    return ms === undefined || ms <= 0 ? [] : [{ phase, ms }];
  });
  return (
    <Table.Tr>
      <Table.Td>
        <Time at={at} size="sm" />
      </Table.Td>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <Text
          span
          size="sm"
          c={`light-dark(var(--mantine-color-${color}-9), var(--mantine-color-${color}-4))`}
        >
          <Icon name={icon} size={12} /> {words}
        </Text>
        {http !== undefined && (
          <Text span size="xs" c="dimmed">
            {' '}
            {http.status}
          </Text>
        )}
        {error !== undefined && (
          <Text size="xs" c="dimmed">
            {error}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <div
          role="img"
          aria-label={known.map(({ phase, ms }) => `${phase} ${milliseconds(ms)}`).join(', ') || 'not known'}
          title={known.map(({ phase, ms }) => `${phase} ${milliseconds(ms)}`).join(', ')}
          style={{ display: 'flex', height: 12, width: `${(100 * durationMs) / longest}%`, minWidth: 2 }}
        >
          {known.map(({ phase, ms }) => (
            <div
              key={phase}
              style={{
                background: colorVariable(COLORS[phase]),
                width: `${(100 * ms) / Math.max(durationMs, 0.001)}%`,
              }}
            />
          ))}
        </div>
      </Table.Td>
      <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
        {milliseconds(durationMs)}
      </Table.Td>
    </Table.Tr>
  );
}
