import { Anchor, Code, Grid, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { count, percent, target } from '../figure.ts';
import { metricsAddress } from '../metrics/query.ts';
import { Section } from '../section.tsx';
import { BudgetBar } from './budget-bar.tsx';
import { BurnDown } from './burn-down.tsx';
import { BurnRates } from './burn-rates.tsx';
import { Gate } from './gate.tsx';
import { Ledger } from './ledger.tsx';
import { Overrides } from './overrides.tsx';
import { Proof } from './proof.tsx';
import { Recent } from './recent.tsx';
import { Rules } from './rules.tsx';
import { BUDGET_MS, type SloView } from './slo.ts';
import { SloState } from './state.tsx';

/** One objective: its budget over time, how fast it burns, what pages, and what the budget allows. */
export function SloPage({ id }: { id: string }) {
  const asked = useOperation('slo.show', { id }, { everyMs: BUDGET_MS });
  return (
    <Answer query={asked} height={420}>
      {view => <Body view={view} />}
    </Answer>
  );
}

function Body({ view }: { view: SloView }) {
  const { status, description, queries, rules, notes, burnDown } = view;
  return (
    <Stack gap="md">
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
              {description ?? `${target(status.target)} of what ${status.service} answers is good.`}
            </Text>
            <Text size="sm" c="dimmed" mt={4}>
              {status.service} · {target(status.target)} over {status.window} · the budget is worth{' '}
              {count(Number(status.budgetMinutes.toPrecision(3)))} min of a full outage
            </Text>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 5 }}>
            <BudgetBar slo={status} />
            <Text size="sm" c="dimmed" mt={6}>
              {status.state === 'no_data'
                ? (status.reason ?? 'Nothing is known.')
                : `${status.sli === undefined ? 'Unknown' : percent(status.sli)} good${
                    status.events === undefined
                      ? ''
                      : `: ${count(Math.round(status.events.total - status.events.good))} bad of ${count(Math.round(status.events.total))}`
                  }`}
            </Text>
          </Grid.Col>
        </Grid>
      </Paper>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack gap="md">
            <BurnDown points={burnDown} />
            <Recent id={status.objective} />
            <Ledger id={status.objective} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="md">
            <BurnRates slo={status} />
            <Gate service={status.service} />
            <Overrides service={status.service} />
          </Stack>
        </Grid.Col>
      </Grid>
      <Rules rules={rules} notes={notes} />
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
