import { Stack, Text } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { FixBody } from './fix-body.tsx';
import { FixState } from './fix-state.tsx';
import { type Incident, type Investigation, LIVE_MS } from './incident.ts';

/** The fix: what is proposed and why it is safe, the button, how far it is, what came of it. */
export function Fix({
  incident,
  investigation,
}: {
  incident: Incident;
  investigation: Investigation | undefined;
}) {
  const everyMs = incident.status === 'resolved' ? undefined : LIVE_MS;
  const asked = useOperation('remediation.list', { incident: incident.id }, { everyMs });
  const [newest, ...earlier] = asked.data?.remediations ?? [];
  return (
    <Section
      title="The fix"
      icon="wrench"
      color="teal"
      aside={newest === undefined ? undefined : <FixState proposal={newest} />}
    >
      <Answer query={asked}>
        {() =>
          newest === undefined ? (
            <NoFix incident={incident} investigation={investigation} />
          ) : (
            <Stack gap="sm">
              <FixBody proposal={newest} />
              {earlier.map(({ id, title, state, outcome }) => (
                <Text key={id} size="xs" c="dimmed">
                  Before: {title}, {state}. {outcome}
                </Text>
              ))}
            </Stack>
          )
        }
      </Answer>
    </Section>
  );
}

function NoFix({
  incident,
  investigation,
}: {
  incident: Incident;
  investigation: Investigation | undefined;
}) {
  const { service, status } = incident;
  if (status !== 'open') return <Nothing what="It ended without a runbook." icon="check" />;
  if (investigation === undefined)
    return <Nothing what="A fix is proposed once the cause is known." icon="clock" />;
  return (
    <Nothing
      what={
        investigation.remedy === undefined
          ? 'Nothing that is known to be safe fits this verdict.'
          : investigation.remedy.reason
      }
      next="No runbook was proposed. A person can act on the service, with a reason that is recorded."
      command={
        investigation.remedy?.kind === 'rollback'
          ? `nines deploy rollback ${investigation.remedy.service} --reason "…" --incident ${incident.id}`
          : `nines platform restart ${service} --reason "…" --incident ${incident.id}`
      }
      icon="question"
    />
  );
}
