import { Alert, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { useOperation } from '../api.ts';
import { Nothing } from '../nothing.tsx';
import { BUDGET_MS } from './slo.ts';
import { SloTile } from './tile.tsx';

/** All objectives, those in trouble first. */
export function SloList() {
  const asked = useOperation('slo.list', {}, { everyMs: BUDGET_MS });
  return (
    <Stack gap="md">
      <div>
        <Title order={1} size="h3">
          Service level objectives
        </Title>
        <Text size="sm" c="dimmed">
          What is promised to users, and how much of the error budget is left.
        </Text>
      </div>
      <Answer query={asked} height={240}>
        {({ slos, broken }) => (
          <Stack gap="md">
            {broken.map(({ slo, service, problem }) => (
              <Alert key={slo} color="orange" title={`${slo} of ${service} cannot be evaluated`}>
                <Text size="sm">{problem}</Text>
              </Alert>
            ))}
            {slos.length === 0 && broken.length === 0 ? (
              <Nothing
                what="No objective is declared yet."
                next="Declare one as OpenSLO YAML, then apply the folder:"
                command="nines apply FOLDER"
              />
            ) : (
              <SimpleGrid cols={{ base: 1, xs: 2, lg: 3 }} spacing="md">
                {slos
                  .toSorted((a, b) => RANK[a.state] - RANK[b.state])
                  .map(slo => (
                    <SloTile key={slo.objective} slo={slo} />
                  ))}
              </SimpleGrid>
            )}
          </Stack>
        )}
      </Answer>
    </Stack>
  );
}

const RANK = { exhausted: 0, at_risk: 1, no_data: 2, ok: 3 } as const;
