import { Anchor, Group, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { span } from '../time.tsx';

export function OnCallCard() {
  const asked = useOperation('oncall.now', {}, { everyMs: 60_000 });
  return (
    <Section
      title="On call"
      icon="person"
      aside={
        <Anchor component={Link} href="/oncall" size="sm">
          Schedule
        </Anchor>
      }
    >
      <Answer query={asked} height={60}>
        {({ at, shifts }) =>
          shifts.length === 0 ? (
            <Nothing
              icon="alert"
              what="Nobody is on call."
              next="No schedule is declared, so pages reach nobody."
            />
          ) : (
            <Stack gap="xs">
              {shifts.map(shift => (
                <Group
                  key={`${shift.schedule}/${shift.layer}`}
                  justify="space-between"
                  wrap="nowrap"
                  gap="xs"
                >
                  <div style={{ minWidth: 0 }}>
                    <Text size="sm" fw={600} truncate>
                      {shift.person}
                    </Text>
                    <Text size="xs" c="dimmed" truncate>
                      {shift.schedule}, {shift.layer}
                    </Text>
                  </div>
                  <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
                    for {span(at, shift.until)} more
                  </Text>
                </Group>
              ))}
            </Stack>
          )
        }
      </Answer>
    </Section>
  );
}
