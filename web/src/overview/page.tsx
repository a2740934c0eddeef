import { Grid, Stack, Title, VisuallyHidden } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { BUDGET_MS } from '../slo/slo.ts';
import { CalmOrNot } from './calm.tsx';
import { FirstSteps } from './first-steps.tsx';
import { MapCard } from './map-card.tsx';
import { Objectives } from './objectives.tsx';
import { OnCallCard } from './oncall-card.tsx';
import { OpenIncident } from './open-incident.tsx';
import { RecentChanges } from './recent-changes.tsx';

/** What needs somebody now; then how everything stands. */
export function Overview() {
  const incidents = useOperation('incident.list', { active: true }, { everyMs: 15_000 });
  const slos = useOperation('slo.list', {}, { everyMs: BUDGET_MS });
  return (
    <Stack gap="md">
      <VisuallyHidden>
        <Title order={1}>Overview</Title>
      </VisuallyHidden>
      <Answer query={incidents} height={110}>
        {({ incidents: open }) =>
          open.length === 0 ? (
            <Answer query={slos} height={110}>
              {answer => <CalmOrNot {...answer} />}
            </Answer>
          ) : (
            <Stack gap="md">
              {open.map(incident => (
                <OpenIncident key={incident.id} incident={incident} />
              ))}
            </Stack>
          )
        }
      </Answer>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Stack gap="md">
            <Answer query={slos} height={280}>
              {({ slos: all, broken }) =>
                all.length + broken.length === 0 ? <FirstSteps /> : <Objectives slos={all} />
              }
            </Answer>
            <MapCard />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Stack gap="md">
            <OnCallCard />
            <RecentChanges />
          </Stack>
        </Grid.Col>
      </Grid>
    </Stack>
  );
}
