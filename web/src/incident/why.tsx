import { Anchor, Group, List, Loader, Stack, Text } from '@mantine/core';
import { Failure } from '../answer.tsx';
import { ApiError } from '../api.ts';
import { Nothing } from '../nothing.tsx';
import { Quoted } from '../quoted.tsx';
import { Section } from '../section.tsx';
import type { Incident, Investigation } from './incident.ts';
import { VerdictBadge } from './verdict.tsx';

const SHOWN_LINKS = 4;

/** Why it is broken, in a few sentences: the verdict, and the chain from the change to the symptom. */
export function Why({
  incident,
  investigation,
  error,
}: {
  incident: Incident;
  investigation: Investigation | undefined;
  error: Error | null;
}) {
  const aside = investigation === undefined ? undefined : <VerdictBadge of={investigation.verdict} />;
  return (
    <Section title="Why" icon="search" color="grape" aside={aside}>
      {investigation !== undefined ? (
        <Known investigation={investigation} />
      ) : error === null || (error instanceof ApiError && error.code === 'not_found') ? (
        <NotYet incident={incident} />
      ) : (
        <Failure error={error} />
      )}
    </Section>
  );
}

function NotYet({ incident }: { incident: Incident }) {
  if (incident.status === 'resolved') return <Nothing what="Nobody looked into the cause." icon="question" />;
  return (
    <Group gap="sm" wrap="nowrap" align="flex-start">
      <Loader size="xs" mt={4} aria-label="Being looked into" />
      <Text size="sm">
        The cause is not known yet. Metrics, traces, logs and changes before and after{' '}
        {incident.onsetAt.slice(11, 16)} UTC are being compared.
      </Text>
    </Group>
  );
}

function Known({
  investigation: { verdict, summary, causes, unknown, at },
}: {
  investigation: Investigation;
}) {
  const first = causes[0];
  return (
    <Stack gap="sm">
      {first !== undefined && (
        <Text fw={700} style={{ overflowWrap: 'anywhere' }}>
          {verdict === 'inconclusive' ? 'Nearest: ' : verdict === 'likely' ? 'Likely: ' : ''}
          {first.title}
        </Text>
      )}
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        <Quoted text={summary} />
      </Text>
      {first !== undefined && first.mechanism.length > 0 && (
        <div>
          <Text size="xs" fw={600} c="dimmed" mb={2}>
            From the change to what users feel
          </Text>
          <List type="ordered" size="sm" spacing={4} pr="xs">
            {first.mechanism.slice(0, SHOWN_LINKS).map(link => (
              <List.Item key={link} style={{ overflowWrap: 'anywhere' }}>
                <Quoted text={link} />
              </List.Item>
            ))}
          </List>
        </div>
      )}
      {verdict !== 'confirmed' && unknown.length > 0 && (
        <Text size="sm">
          <Text span fw={600}>
            Not known:{' '}
          </Text>
          {unknown[0]}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        Settled from stored evidence at {at.slice(11, 19)} UTC.{' '}
        <Anchor href="#evidence" size="xs">
          See the evidence
        </Anchor>
      </Text>
    </Stack>
  );
}
