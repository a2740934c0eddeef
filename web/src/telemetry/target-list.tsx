import { Badge, Table, Text } from '@mantine/core';
import { Answer } from '../answer.tsx';
import { milliseconds } from '../figure.ts';
import { Icon } from '../icon.tsx';
import { Nothing } from '../nothing.tsx';
import { Section } from '../section.tsx';
import { span, useNow } from '../time.tsx';
import { type Target, useTargets } from './targets.ts';

const TARGETS_MS = 15_000;
const HEALTH: Record<Target['health'], { color: string; rank: number }> = {
  down: { color: 'red', rank: 0 },
  unknown: { color: 'gray', rank: 1 },
  up: { color: 'teal', rank: 2 },
};

/** What is scraped, what does not answer first. */
export function TargetList() {
  const asked = useTargets(TARGETS_MS);
  const now = useNow(5_000);
  return (
    <Section title="Scrape targets" icon="search">
      <Answer query={asked} height={120}>
        {targets =>
          targets.length === 0 ? (
            <Nothing
              what="Nothing is scraped."
              next="Metrics that are sent need none. To fetch some, set telemetry.scraping in the configuration."
            />
          ) : (
            <Table.ScrollContainer minWidth={520}>
              <Table fz="sm" verticalSpacing={6} aria-label="Scrape targets">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>State</Table.Th>
                    <Table.Th>Target</Table.Th>
                    <Table.Th ta="right">Last</Table.Th>
                    <Table.Th ta="right">Took</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {targets
                    .toSorted((a, b) => HEALTH[a.health].rank - HEALTH[b.health].rank)
                    .map(target => (
                      <Row key={`${target.scrapePool}${target.scrapeUrl}`} target={target} now={now} />
                    ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Answer>
    </Section>
  );
}

function Row({ target, now }: { target: Target; now: number }) {
  const { scrapePool, scrapeUrl, health, lastError, lastScrape, lastScrapeDuration } = target;
  // Prometheus's API gives the year 1 for what never was.
  const last = Date.parse(lastScrape) > 0 ? `${span(lastScrape, now)} ago` : 'never';
  return (
    <Table.Tr>
      <Table.Td>
        <Badge
          variant="light"
          radius="sm"
          miw="max-content"
          color={HEALTH[health].color}
          leftSection={
            <Icon name={health === 'up' ? 'check' : health === 'down' ? 'alert' : 'question'} size={12} />
          }
        >
          {health}
        </Badge>
      </Table.Td>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        {scrapeUrl}
        <Text size="xs" c="dimmed">
          {scrapePool}
        </Text>
        {lastError !== '' && (
          <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {lastError}
          </Text>
        )}
      </Table.Td>
      <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
        {last}
      </Table.Td>
      <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
        {milliseconds(lastScrapeDuration * 1000)}
      </Table.Td>
    </Table.Tr>
  );
}
