import { Anchor, Group, List, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { Answer } from '../answer.tsx';
import { type OutputOf, useOperation } from '../api.ts';
import { count, milliseconds, percent, target } from '../figure.ts';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { alertCounts, ReplayedAlerts } from '../slo/replay.tsx';
import { sloAddress, windowWords } from '../slo/slo.ts';
import { FileText } from './file-text.tsx';
import { Missing } from './missing.tsx';

type Suggestion = OutputOf<'slo.suggest'>['suggestions'][number];

/** Objectives for a service, each with its evidence; and the YAML to declare them. */
export function Objectives({ service }: { service: string }) {
  const asked = useOperation('slo.suggest', { service });
  return (
    <Answer query={asked} height={420}>
      {({ metrics, declared, suggestions, missing, yaml }) => (
        <Stack gap="md">
          <Text size="sm">
            {service} exports {metrics.length} {metrics.length === 1 ? 'metric' : 'metrics'} that Nines knows.{' '}
            {declared.length > 0 && <Declared ids={declared} />}
          </Text>
          {suggestions.length === 0 && (
            <Section title="Nothing to promise yet" icon="question">
              <Nothing
                icon="question"
                what={`Nothing that ${service} exports can be made an objective of.`}
                next={
                  missing.length === 0
                    ? 'Check the name of the service.'
                    : 'What is missing, and how it is had, stands below.'
                }
              />
            </Section>
          )}
          {suggestions.map(one => (
            <One key={one.name} suggestion={one} />
          ))}
          <Missing missing={missing} />
          {suggestions.length > 0 && (
            <Section title="As OpenSLO" icon="code">
              <Text size="sm" mb="sm">
                Read it, change the targets to what users need, put it into your repository and apply it:
                nines apply FOLDER.
              </Text>
              <FileText name={`${service}-slos.yaml`} text={yaml} type="application/yaml" />
            </Section>
          )}
        </Stack>
      )}
    </Answer>
  );
}

function Declared({ ids }: { ids: readonly string[] }) {
  return (
    <>
      It has already:{' '}
      {ids.map((id, index) => (
        <span key={id}>
          {index > 0 && ', '}
          <Anchor component={Link} href={sloAddress(id)} size="sm">
            {id}
          </Anchor>
        </span>
      ))}
      .
    </>
  );
}

function One({
  suggestion: { name, says, reason, days, events, replay, ...rest },
}: {
  suggestion: Suggestion;
}) {
  const { alerts, worst, window, budgetMinutes } = replay;
  return (
    <Section title={`${name}: ${target(rest.target)}`} icon="gauge">
      <Stack gap="xs">
        <Text size="sm" fw={600}>
          {says}.
        </Text>
        <Text size="sm">{reason}</Text>
        <List size="sm" spacing={2}>
          <List.Item>
            The budget is {milliseconds(budgetMinutes * 60_000)} of full outage in {windowWords(window)}.
          </List.Item>
          <List.Item>
            {days > 0
              ? `Judged by ${milliseconds(days * 86_400_000)} of data, ${count(Math.round(events))} events${worst === null ? '' : `; at most ${percent(worst)} of the budget was used`}.`
              : 'There is no data to judge it by.'}
          </List.Item>
          {days > 0 && <List.Item>In that time it would have made {alertCounts(replay)}.</List.Item>}
        </List>
        {alerts.length > 0 && (
          <Group>
            <div style={{ flex: 1, minWidth: 0 }}>
              <ReplayedAlerts
                from={alerts[0]!.from}
                to={alerts.at(-1)!.to}
                replays={[{ title: name, replay }]}
              />
            </div>
          </Group>
        )}
      </Stack>
    </Section>
  );
}
