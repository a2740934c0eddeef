import { Grid, Stack, Title } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { Messages } from './messages.tsx';
import { Pages } from './pages.tsx';
import { Schedule } from './schedule.tsx';
import { ShiftNow } from './shift-now.tsx';

/** Who is responsible now and next, and who was called for what. */
export function OnCallPage() {
  const asked = useOperation('oncall.now', {}, { everyMs: 60_000 });
  return (
    <Stack gap="md">
      <Title order={1} size="h3">
        On call
      </Title>
      <Answer query={asked} height={160}>
        {({ at, shifts }) =>
          shifts.length === 0 ? (
            <Section title="Now" icon="person">
              <Nothing
                icon="alert"
                what="Nobody is on call: no schedule is declared, so pages reach nobody."
                next="Declare a Schedule, an EscalationPolicy and a Route, then apply the folder:"
                command="nines apply FOLDER"
              />
            </Section>
          ) : (
            <Grid gap="md">
              {shifts.map(shift => (
                <Grid.Col key={`${shift.schedule}/${shift.layer}`} span={{ base: 12, xs: 6, lg: 4 }}>
                  <ShiftNow shift={shift} at={at} />
                </Grid.Col>
              ))}
              {[...new Set(shifts.map(shift => shift.schedule))].map(name => (
                <Grid.Col key={name} span={12}>
                  <Schedule name={name} />
                </Grid.Col>
              ))}
            </Grid>
          )
        }
      </Answer>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Pages />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Messages />
        </Grid.Col>
      </Grid>
    </Stack>
  );
}
