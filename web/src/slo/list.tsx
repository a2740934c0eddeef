import { Alert, Anchor, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { Link, useSearchParams } from 'wouter';
import { Answer } from '../answer.tsx';
import { type OutputOf, useOperation } from '../api.ts';
import { Nothing } from '../nothing.tsx';
import { ListFilter } from './list-filter.tsx';
import { ListTable } from './list-table.tsx';
import { arranged, SHOWS, type Wanted } from './order.ts';
import { BUDGET_MS } from './slo.ts';

/** All objectives: what needs somebody first, or as one sorts and filters; the address carries it. */
export function SloList() {
  const asked = useOperation('slo.list', {}, { everyMs: BUDGET_MS });
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-start" gap="sm">
        <div>
          <Title order={1} size="h3">
            Service level objectives
          </Title>
          <Text size="sm" c="dimmed">
            What is promised to users, and how much of the error budget is left.
          </Text>
        </div>
        <Anchor component={Link} href="/suggest" size="sm">
          Suggest objectives for a service
        </Anchor>
      </Group>
      <Answer query={asked} height={420}>
        {answer => <Objectives {...answer} />}
      </Answer>
    </Stack>
  );
}

function Objectives({ slos, broken }: OutputOf<'slo.list'>) {
  const [params, setParams] = useSearchParams();
  const wanted = wantedOf(params);
  const change = (next: Wanted) => setParams(paramsOf(next), { replace: true });
  const rows = arranged(slos, wanted);
  return (
    <Stack gap="md">
      {broken.map(({ slo, service, problem }) => (
        <Alert key={slo} color="orange" title={`${slo} of ${service} cannot be evaluated`}>
          <Text size="sm">{problem}</Text>
        </Alert>
      ))}
      {slos.length === 0 ? (
        broken.length === 0 && (
          <Paper withBorder p="md">
            <Nothing
              what="No objective is declared yet: Nines can say nothing about your users until one is."
              next="Look at what a service exports and take the objectives that fit it, with their evidence; then declare them:"
              command="nines slo suggest SERVICE > slos/SERVICE.yaml && nines apply FOLDER"
            />
          </Paper>
        )
      ) : (
        <Paper withBorder p="md">
          <Stack gap="sm">
            <ListFilter slos={slos} wanted={wanted} onChange={change} />
            {rows.length === 0 ? (
              <Nothing
                icon="search"
                what="No objective is like that."
                next="Take a filter away to see more."
              />
            ) : (
              <ListTable rows={rows} sort={wanted.sort} onSort={sort => change({ ...wanted, sort })} />
            )}
          </Stack>
        </Paper>
      )}
    </Stack>
  );
}

function wantedOf(params: URLSearchParams): Wanted {
  const by = params.get('sort');
  return {
    text: params.get('q') ?? '',
    service: params.get('service') ?? '',
    show: SHOWS.find(one => one === params.get('show')) ?? 'all',
    ...(by === null ? {} : { sort: { by: by.replace(/^-/, ''), down: by.startsWith('-') } }),
  };
}

function paramsOf({ text, service, show, sort }: Wanted): Record<string, string> {
  return {
    ...(text === '' ? {} : { q: text }),
    ...(service === '' ? {} : { service }),
    ...(show === 'all' ? {} : { show }),
    ...(sort === undefined || (sort.by === 'state' && !sort.down)
      ? {}
      : { sort: `${sort.down ? '-' : ''}${sort.by}` }),
  };
}
