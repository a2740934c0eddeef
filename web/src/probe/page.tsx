import { Alert, Anchor, Button, Code, Group, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import { Answer, Failure } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { useCommand } from '../command.ts';
import { count, milliseconds, percent } from '../figure.ts';
import { Icon } from '../icon.tsx';
import { metricsAddress } from '../metrics/query.ts';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { span, useNow } from '../time.tsx';
import { Attempts } from './attempts.tsx';
import { OUTCOMES, type ProbeDetail } from './probe.ts';
import { Signals } from './signals.tsx';
import { ProbeStatus } from './status.tsx';

const PROBE_MS = 10_000;

/** One probe: how it stands, its uptime, and its last attempts with where their time went. */
export function ProbePage({ name }: { name: string }) {
  const asked = useOperation('probe.show', { name }, { everyMs: PROBE_MS });
  return (
    <Answer query={asked} height={420}>
      {probe => <Body probe={probe} />}
    </Answer>
  );
}

function Body({ probe }: { probe: ProbeDetail }) {
  const { name, displayName, service, kind, instance, status, since, why, nextAt, uptime } = probe;
  const now = useNow(5_000);
  const run = useCommand('probe.run');
  const job = kind === 'heartbeat';
  return (
    <Stack gap="md">
      <Paper withBorder p="md" component="header">
        <Group justify="space-between" align="flex-start" gap="sm">
          <div style={{ minWidth: 0 }}>
            <Group gap="sm">
              <Title order={1} size="h3">
                {displayName}
              </Title>
              <ProbeStatus status={status} />
            </Group>
            <Text size="sm" c="dimmed" mt={4} style={{ overflowWrap: 'anywhere' }}>
              {service} · {job ? 'job' : kind.toUpperCase()} {instance}
              {nextAt === undefined
                ? ''
                : ` · ${job ? 'due' : 'next'} ${Date.parse(nextAt) <= now ? 'now' : `in ${span(new Date(now).toISOString(), nextAt)}`}`}
            </Text>
            {why !== undefined && (
              <Text size="sm" mt={4} style={{ overflowWrap: 'anywhere' }}>
                {why.replace(/\.$/, '')}
                {since === undefined ? '' : `, for ${span(since, now)}`}
              </Text>
            )}
          </div>
          {!job && (
            <Button
              size="xs"
              variant="default"
              leftSection={<Icon name="play" size={12} />}
              loading={run.isPending}
              onClick={() => run.mutate({ name })}
            >
              Try it now
            </Button>
          )}
        </Group>
        {run.error !== null && <Failure error={run.error} doing />}
        {run.data !== undefined && (
          <Alert
            mt="sm"
            p="xs"
            color={OUTCOMES[run.data.attempt.outcome].color}
            icon={<Icon name={OUTCOMES[run.data.attempt.outcome].icon} />}
          >
            <Text size="sm">
              {run.data.attempt.error ?? 'It answered as it should'}, in{' '}
              {milliseconds(run.data.attempt.durationMs)}.
            </Text>
          </Alert>
        )}
      </Paper>
      <Section
        title="Uptime"
        icon="gauge"
        aside={
          <Anchor
            component={Link}
            href={metricsAddress([`probe_success{probe=${JSON.stringify(name)}}`], { last: '1d' })}
            size="sm"
          >
            As a graph
          </Anchor>
        }
      >
        <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="md">
          {uptime.map(({ window, ratio }) => (
            <div key={window}>
              <Text size="xs" c="dimmed">
                {window}
              </Text>
              <Text fw={600}>{ratio === null ? 'not known' : percent(ratio)}</Text>
            </div>
          ))}
        </SimpleGrid>
        <Text size="xs" c="dimmed" mt="xs">
          {count(probe.failures)} of {count(probe.attempts)} {job ? 'runs' : 'attempts'} failed since it was
          declared.
        </Text>
      </Section>
      {job ? (
        <Signals signals={probe.signals} />
      ) : (
        <Section title="Last attempts" icon="clock">
          {probe.recent.length === 0 ? (
            <Nothing icon="clock" what="No attempt was made yet." />
          ) : (
            <Attempts attempts={probe.recent} />
          )}
        </Section>
      )}
      <Section title="For an SLO" icon="code">
        <Stack gap="xs">
          {[probe.promql.bad, probe.promql.total].map(query => (
            <Code key={query} block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
              {query}
            </Code>
          ))}
        </Stack>
      </Section>
    </Stack>
  );
}
