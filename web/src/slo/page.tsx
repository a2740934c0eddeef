import { Alert, Anchor, Code, Grid, Group, List, Paper, Stack, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { count, milliseconds, percent, target } from '../figure.ts';
import { metricsAddress } from '../metrics/query.ts';
import { Section } from '../section.tsx';
import { Alerts } from './alerts.tsx';
import { BudgetBar } from './budget-bar.tsx';
import { BurnDown } from './burn-down.tsx';
import { BurnRates } from './burn-rates.tsx';
import { Gate } from './gate.tsx';
import { Ledger } from './ledger.tsx';
import { Overrides } from './overrides.tsx';
import { Parts } from './parts.tsx';
import { Proof, useProof } from './proof.tsx';
import { Recent } from './recent.tsx';
import { BUDGET_MS, type SloView, sloAddress, windowWords } from './slo.ts';
import { SloState } from './state.tsx';

/** One objective: its budget over time, how fast it burns, what pages, and what the budget allows. */
export function SloPage({ id }: { id: string }) {
  const asked = useOperation('slo.show', { id }, { everyMs: BUDGET_MS });
  return (
    <Stack gap="sm">
      <Anchor component={Link} href="/slos" size="sm">
        ← All objectives
      </Anchor>
      <Answer query={asked} height={420}>
        {view => <Body view={view} />}
      </Answer>
    </Stack>
  );
}

function Body({ view }: { view: SloView }) {
  const { status, queries, parts } = view;
  return (
    <Stack gap="md">
      <Head view={view} />
      {status.state === 'no_data' && <Blind view={view} />}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <BurnDown view={view} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Gate service={status.service} />
        </Grid.Col>
      </Grid>
      <BurnRates view={view} />
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack gap="md">
            {parts !== undefined && <Parts parts={parts} service={status.service} />}
            <Ledger id={status.objective} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="md">
            <Alerts objective={status.objective} service={status.service} />
            <Overrides service={status.service} />
            <Recent id={status.objective} />
          </Stack>
        </Grid.Col>
      </Grid>
      <Proof id={status.objective} />
      <Section
        title="How it is measured"
        icon="code"
        aside={
          <Anchor component={Link} href={metricsAddress([view.expressions.ratio], { last: '6h' })} size="sm">
            Show the error ratio as a graph
          </Anchor>
        }
      >
        <Stack gap="xs">
          {queries.map(query => (
            <Code key={query} block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
              {query}
            </Code>
          ))}
        </Stack>
      </Section>
    </Stack>
  );
}

function Head({ view: { status, description, partOf } }: { view: SloView }) {
  const { objective, service, events } = status;
  return (
    <Paper withBorder p="md" component="header">
      <Grid gap="md" align="center">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Group gap="sm" align="center">
            <Title order={1} size="h3">
              {status.displayName}
            </Title>
            <SloState slo={status} />
          </Group>
          <Text size="sm" mt={4}>
            {description ?? `${target(status.target)} of what ${service} answers is good.`}
          </Text>
          {partOf !== undefined && (
            <Text size="sm" mt={4}>
              A part of{' '}
              <Anchor component={Link} href={sloAddress(partOf.objective)} size="sm">
                {partOf.displayName}
              </Anchor>
              , with the weight {partOf.weight}.
            </Text>
          )}
          <Text size="sm" c="dimmed" mt={4}>
            {service} · {target(status.target)} over {windowWords(status.window)} · the budget is worth{' '}
            {milliseconds(status.budgetMinutes * 60_000)} of a full outage
          </Text>
          <Group gap="md" mt={6} component="nav" aria-label="More of this objective">
            <Anchor component={Link} href={`/what-if?slo=${encodeURIComponent(objective)}`} size="sm">
              What if it were another target?
            </Anchor>
            <Anchor component={Link} href={`/slo-documents/${encodeURIComponent(service)}`} size="sm">
              SLO document
            </Anchor>
          </Group>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <BudgetBar slo={status} />
          <Text size="sm" c="dimmed" mt={6}>
            {status.sli === undefined
              ? `Nothing is known: ${status.reason ?? 'there is no data'}.`
              : `${percent(status.sli)} good${
                  events === undefined
                    ? ''
                    : `: ${count(Math.round(events.total - events.good))} bad of ${count(Math.round(events.total))}`
                }`}
          </Text>
        </Grid.Col>
      </Grid>
    </Paper>
  );
}

/** Nothing is known: what is missing, and how to find out. */
function Blind({ view: { status, expressions } }: { view: SloView }) {
  const problems = useProof(status.objective).data?.proofs.flatMap(one => one.problems) ?? [];
  return (
    <Alert color="gray" title="Nothing is known of this objective, which is not the same as fine">
      <Stack gap={6}>
        {problems.length > 0 && (
          <List size="sm">
            {problems.map(one => (
              <List.Item key={one} style={{ overflowWrap: 'anywhere' }}>
                {one}
              </List.Item>
            ))}
          </List>
        )}
        <Text size="sm">
          Until there is data it cannot page, and the policy says what may be done meanwhile. See whether{' '}
          <Anchor component={Link} href="/telemetry" size="sm">
            telemetry arrives
          </Anchor>
          , and whether{' '}
          <Anchor component={Link} href={metricsAddress([expressions.total], { last: '6h' })} size="sm">
            its total counts anything
          </Anchor>
          .
        </Text>
      </Stack>
    </Alert>
  );
}
