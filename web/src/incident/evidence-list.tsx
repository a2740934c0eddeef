import { Accordion, Alert, Badge, Grid, Group, List, Stack, Text, VisuallyHidden } from '@mantine/core';
import { Section } from '../section.tsx';
import { CauseBody } from './cause.tsx';
import type { Investigation } from './incident.ts';

/** Every cause that was weighed, ranked, with its evidence; what was ruled out; what is not known. */
export function EvidenceList({ investigation }: { investigation: Investigation }) {
  const { causes, ruledOut, unknown, window } = investigation;
  const first = causes[0];
  return (
    <div id="evidence" style={{ scrollMarginTop: 64 }}>
      <Section
        title="Evidence"
        icon="gauge"
        aside={
          <Text size="xs" c="dimmed" ta="right">
            {window.baseline.from.slice(11, 16)}–{window.baseline.to.slice(11, 16)} compared with{' '}
            {window.incident.from.slice(11, 16)}–{window.incident.to.slice(11, 16)} UTC
          </Text>
        }
      >
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, md: 8 }}>
            {first === undefined ? (
              <Text size="sm" c="dimmed">
                No cause was found that the evidence speaks for.
              </Text>
            ) : (
              <Accordion defaultValue={first.key} variant="separated" order={3}>
                {causes.map(cause => (
                  <Accordion.Item key={cause.key} value={cause.key}>
                    <Accordion.Control>
                      <Group gap="sm" wrap="nowrap">
                        <Badge variant="light" color="gray" circle size="lg">
                          {cause.rank}
                        </Badge>
                        <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere', flex: 1 }}>
                          {cause.title}
                        </Text>
                        <Text size="xs" c="dimmed" style={{ flexShrink: 0 }}>
                          <VisuallyHidden>score </VisuallyHidden>
                          {Math.round(cause.score * 100)} of 100
                        </Text>
                      </Group>
                    </Accordion.Control>
                    <Accordion.Panel>
                      <CauseBody cause={cause} />
                    </Accordion.Panel>
                  </Accordion.Item>
                ))}
              </Accordion>
            )}
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 4 }}>
            <Stack gap="md">
              <div>
                <Text size="sm" fw={600} mb={4}>
                  Ruled out
                </Text>
                {ruledOut.length === 0 ? (
                  <Text size="sm" c="dimmed">
                    Nothing had to be.
                  </Text>
                ) : (
                  <List size="sm" spacing={6} listStyleType="none" withPadding={false}>
                    {ruledOut.map(({ title, why }) => (
                      <List.Item key={title}>
                        <Text size="sm" fw={500} style={{ overflowWrap: 'anywhere' }}>
                          {title}
                        </Text>
                        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                          {why}
                        </Text>
                      </List.Item>
                    ))}
                  </List>
                )}
              </div>
              {unknown.length > 0 && (
                <Alert color="yellow" variant="light" title="Not known" p="sm">
                  <List size="sm" spacing={4}>
                    {unknown.map(one => (
                      <List.Item key={one}>{one}</List.Item>
                    ))}
                  </List>
                </Alert>
              )}
            </Stack>
          </Grid.Col>
        </Grid>
      </Section>
    </div>
  );
}
