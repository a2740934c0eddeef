import { Badge, Group, Stack, Text } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { type OutputOf, useOperation } from '../api.ts';
import { times } from '../figure.ts';
import { Section } from '../section.tsx';
import { span, useNow } from '../time.tsx';

type Alert = OutputOf<'alert.list'>['alerts'][number];

const SHOWN = 6;
const STATES: Record<Alert['state'], { words: string; color: string }> = {
  firing: { words: 'firing', color: 'red' },
  pending: { words: 'pending', color: 'yellow' },
  resolved: { words: 'resolved', color: 'gray' },
};

/** What alerted for this objective: now, and before. */
export function Alerts({ objective, service }: { objective: string; service: string }) {
  const asked = useOperation('alert.list', { service, limit: 200 }, { everyMs: 15_000 });
  const now = useNow(10_000);
  return (
    <Section title="Alerts" icon="bell">
      <Answer query={asked} height={40}>
        {({ alerts }) => {
          const mine = alerts.filter(alert => alert.objective === objective);
          if (mine.length === 0)
            return (
              <Text size="sm" c="dimmed">
                None fires, and none that is kept was for this objective.
              </Text>
            );
          return (
            <Stack gap="sm" component="ul" m={0} p={0} style={{ listStyle: 'none' }} aria-label="Alerts">
              {mine.slice(0, SHOWN).map(alert => (
                <li key={alert.id}>
                  <One alert={alert} now={now} />
                </li>
              ))}
              {mine.length > SHOWN && (
                <Text component="li" size="xs" c="dimmed">
                  {mine.length - SHOWN} older: nines alert list --service {service}
                </Text>
              )}
            </Stack>
          );
        }}
      </Answer>
    </Section>
  );
}

function One({ alert, now }: { alert: Alert; now: number }) {
  const { state, severity, firedAt, startsAt, onsetAt, endsAt, value, annotations, noDataSince } = alert;
  const { words, color } = STATES[state];
  const began = firedAt ?? startsAt;
  return (
    <div>
      <Group gap={6}>
        <Badge size="sm" variant="light" radius="sm" color={color}>
          {words}
        </Badge>
        <Text size="sm" fw={600}>
          {severity === 'page' ? 'Page' : 'Ticket'}, a burn of {times(value)}
        </Text>
      </Group>
      {annotations.summary !== '' && (
        <Text size="sm" mt={2} style={{ overflowWrap: 'anywhere' }}>
          {annotations.summary}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        {began.slice(0, 16).replace('T', ' ')} UTC, {span(began, now)} ago
        {firedAt !== undefined && onsetAt !== undefined && `, ${span(onsetAt, firedAt)} after it began`}
        {endsAt !== undefined && `; ended after ${span(began, endsAt)}`}
        {noDataSince !== undefined && state !== 'resolved' && `; no data for ${span(noDataSince, now)}`}
      </Text>
    </div>
  );
}
